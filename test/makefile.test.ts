import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type MakeRun = { readonly code: number; readonly out: string; readonly err: string };

async function runMake(target: string): Promise<MakeRun> {
  // Variables of a make that runs the tests would change the output.
  const env = { PATH: process.env.PATH };
  return promisify(execFile)('make', [target], { cwd: ROOT, env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  );
}

const REAL_TARGETS = [
  'help',
  'dev',
  'dev-down',
  'build',
  'test',
  'seed',
  'lint',
  'clean',
  'install',
];
const REPLACED_TARGETS = [
  'dev-compose',
  'dev-compose-down',
  'build-gateway',
  'build-web',
  'build-agent',
  'test-gateway',
  'migrate',
  'kind-setup',
  'kind-teardown',
  'kind-load',
  'helm-install',
  'helm-uninstall',
  'logs-gateway',
  'logs-web',
  'logs-db',
];

test('make help lists every target, also targets with a hyphen', async () => {
  const { code, out } = await runMake('help');

  expect(code).toBe(0);
  for (const target of REAL_TARGETS) expect(out).toMatch(new RegExp(`^  make ${target} `, 'm'));
  for (const target of REPLACED_TARGETS) expect(out).toContain(` ${target}`);
});

test.each(REPLACED_TARGETS)('make %s prints its replacement on one line', async (target) => {
  const { code, err } = await runMake(target);

  expect(code).toBe(2);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toMatch(new RegExp(`there is no make ${target}: .{20,}`));
});

test('a replacement names only targets and files that exist', () => {
  const makefile = readFileSync(`${ROOT}/Makefile`, 'utf8');
  const replacements = [...makefile.matchAll(/^REPLACEMENT_\S+ := (.*)$/gm)].map(
    ([, text]) => text,
  );

  expect(replacements).toHaveLength(REPLACED_TARGETS.length);
  const named = replacements.flatMap((text) =>
    [...(text ?? '').matchAll(/\bmake ([a-z-]+)/g)].map(([, target]) => target),
  );
  for (const target of named) expect(makefile).toMatch(new RegExp(`^${target}:`, 'm'));
  expect(readFileSync(`${ROOT}/docs/deployment.md`, 'utf8')).not.toBe('');
});
