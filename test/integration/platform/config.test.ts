import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createTemporaryFolder } from '../../support/store/test-emulators.ts';

const MAIN = fileURLToPath(new URL('../../../local/main.ts', import.meta.url));

const INVALID_SETTINGS = { AGENT: 'opencod', SLOTS: '5000', LEASE_SECONDS: '10' };

/** Starts the platform, which is expected to refuse its settings, and returns what it prints on stderr and its exit code. */
async function startPlatform(cwd: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd,
    env: { PATH: process.env.PATH, PORT: '0', SMOL_FORGE_PORT: '0', SMOL_DATA_DIR: cwd, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { output, code };
}

test('the platform refuses to start with invalid settings and reports all of them', async () => {
  const { output, code } = await startPlatform(await createTemporaryFolder(), INVALID_SETTINGS);

  expect(code).toBe(1);
  expect(output).toMatch(/AGENT .*known agent/);
  expect(output).toMatch(/SLOTS .*at most 2000/);
  expect(output).toContain('at most a third of LEASE_SECONDS');
});

test('the platform reads .env of its working folder, with the names of other systems', async () => {
  const folder = await createTemporaryFolder();
  const lines = Object.entries(INVALID_SETTINGS).map(([name, value]) => `${name}=${value}`);
  await writeFile(
    join(folder, '.env'),
    `${lines.join('\n')}\nLLM_API_URL=ftp://h\nJWT_SECRET=short\n`,
  );

  const { output, code } = await startPlatform(folder, { SLOTS: '3' });

  expect(code).toBe(1);
  expect(output).toContain('LLM_API_URL is read as MODEL_BASE_URL');
  expect(output).toMatch(/AGENT .*known agent/);
  expect(output).toContain('MODEL_BASE_URL is not an http(s)');
  expect(output).not.toMatch(/SLOTS .*at most/);
});
