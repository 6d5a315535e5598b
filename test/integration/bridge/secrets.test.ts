import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { BridgeStage } from '../../support/bridge/bridge-stage.ts';
import {
  BRANCH,
  findLeakedSecrets,
  ROOT_BRANCH,
  requireDoneResult,
  requireFailedResult,
  SECRETS,
  setUpBridgeStage,
} from '../../support/bridge/bridge-stage.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { runGit } from '../../support/workspace/git.ts';

let stage: BridgeStage;
afterEach(() => stage.close());

/** Every file below `folder` with its text. */
async function readFilesBelow(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      const path = join(file.parentPath, file.name);
      return [path, await readFile(path, 'latin1')];
    }),
  );
}

test('no secret is in a file, an argument, the transcript or the environment of the agent', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.setup = [['sh', '-c', 'env; cat /proc/self/environ']];
  stage.assignment.verify = [['sh', '-c', 'env; cat /proc/self/environ; grep -q yes login.txt']];

  const bridge = await stage.startBridge(
    [
      [
        { look: true },
        { model: '/chat/completions', stream: true },
        { write: 'login.txt', content: 'yes\n' },
        { look: true },
        { say: `The forge said ${SECRETS.git} and the model ${SECRETS.model}` },
      ],
    ],
    { SMOL_KEEP: '1', HTTPS_SECRET: SECRETS.model },
  );
  const end = await bridge.ended;

  const result = requireDoneResult(stage);
  expect(findLeakedSecrets(JSON.stringify(await stage.readNotes()))).toEqual([]);
  expect(findLeakedSecrets(JSON.stringify(stage.server.transcript))).toEqual([]);
  expect(
    findLeakedSecrets(JSON.stringify([stage.server.heartbeats, stage.server.checkpoints])),
  ).toEqual([]);
  expect(findLeakedSecrets(JSON.stringify(result))).toEqual([]);
  expect(result.summary).toContain('[secret removed]');
  expect(findLeakedSecrets(end.stderr)).toEqual([]);
  const files = await readFilesBelow(stage.workDir);
  expect(files.length).toBeGreaterThan(10);
  expect(
    files.filter(([, text]) => findLeakedSecrets(text).length > 0).map(([path]) => path),
  ).toEqual([]);
  expect(stage.model.requests[0]?.headers.authorization).toBe(`Bearer ${SECRETS.model}`);
});

function parseEnvironment(note: Record<string, unknown>) {
  return z.record(z.string(), z.string()).safeParse(note.environment).data;
}

test('the proxy takes the bearer of the attempt and nothing else', async () => {
  stage = await setUpBridgeStage({ 'login.txt': 'yes\n' });

  const bridge = await stage.startBridge([[{ look: false }, { hang: true }]]);
  const environment = await waitUntil(
    'the agent has looked around',
    async () =>
      (await stage.readNotes()).map((note) => parseEnvironment(note)).find((each) => each),
    40_000,
  );
  const ask = (path: string, bearer: string, method = 'POST') =>
    fetch(`${environment.OPENAI_BASE_URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}` },
      ...(method === 'POST' ? { body: '{}' } : {}),
    }).then((response) => response.status);

  expect(await ask('/chat/completions', 'guess')).toBe(401);
  expect(await ask('/chat/completions', SECRETS.attempt)).toBe(401);
  expect(await ask('/models', environment.OPENAI_API_KEY ?? '', 'GET')).toBe(200);
  expect(await ask('/files', environment.OPENAI_API_KEY ?? '')).toBe(404);
  expect(await ask('/chat/completions', environment.OPENAI_API_KEY ?? '', 'GET')).toBe(405);
  bridge.kill('SIGTERM');
  await bridge.ended;
});

/** A submodule of the repository, into which the agent will plant its own git dir. */
async function commitGitlink() {
  const head = await runGit(stage.seed, ['rev-parse', 'HEAD']);
  await runGit(stage.seed, ['update-index', '--add', '--cacheinfo', `160000,${head},linked`]);
  await runGit(stage.seed, ['commit', '--quiet', '-m', 'Link']);
  const start = await runGit(stage.seed, ['rev-parse', 'HEAD']);
  const target = `${start}:refs/heads/${ROOT_BRANCH}`;
  await runGit(stage.seed, ['push', '--quiet', stage.remote.directory, target]);
  Object.assign(stage.assignment.repository, { start, root: start });
}

test('a hostile workspace runs nothing and learns nothing in the bridge', async () => {
  stage = await setUpBridgeStage({
    '.gitattributes': '* filter=evil diff=evil merge=evil\n',
    '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c env\n\tupdate = !env\n',
    'keep.txt': 'keep\n',
  });
  const marker = join(stage.root, 'trap');
  await commitGitlink();
  const evil = join(stage.root, 'evil.sh');
  await writeFile(evil, `#!/bin/sh\nenv > ${marker}\n`, { mode: 0o755 });
  const config = [
    `[core]\n\tfsmonitor = ${evil}\n\thooksPath = hooks\n\tsshCommand = ${evil}\n\tpager = ${evil}\n\tattributesFile = attrs`,
    `[filter "evil"]\n\tclean = ${evil}\n\tsmudge = ${evil}\n\tprocess = ${evil}\n\trequired = true`,
    `[diff "evil"]\n\tcommand = ${evil}\n\ttextconv = ${evil}`,
    `[merge "evil"]\n\tdriver = ${evil}`,
    `[credential]\n\thelper = ${evil}`,
    `[http]\n\tproxy = http://127.0.0.1:1`,
    `[gpg]\n\tprogram = ${evil}\n[commit]\n\tgpgSign = true`,
  ].join('\n');
  const hook = `#!/bin/sh\n${evil}\n`;
  const plant = (base: string) => [
    { write: `${base}config`, content: `${config}\n` },
    ...['pre-commit', 'pre-push', 'post-checkout', 'post-index-change', 'post-merge'].map(
      (name) => ({
        write: `${base}hooks/${name}`,
        content: hook,
      }),
    ),
    { write: `${base}info/attributes`, content: '* filter=evil\n' },
  ];
  // A root that moved on makes the bridge merge and check out as well.
  await stage.pushRoot({ 'other.txt': 'other\n' });
  stage.assignment.verify = [['grep', '-q', 'yes', 'login.txt']];

  const bridge = await stage.startBridge(
    [
      [
        ...plant('.git/'),
        ...['sub', 'linked'].flatMap((nested) => [
          ...plant(`${nested}/.git/`),
          { write: `${nested}/.git/HEAD`, content: 'ref: refs/heads/main\n' },
          { write: `${nested}/.git/objects/keep`, content: '' },
          { write: `${nested}/.git/refs/keep`, content: '' },
          { write: `${nested}/file`, content: 'file\n' },
        ]),
        {
          write: '.gitattributes',
          content: '* filter=evil text eol=crlf working-tree-encoding=UTF-16\n',
        },
        { write: '../home/.gitconfig', content: `${config}\n` },
        { write: '../home/.netrc', content: 'default login a password b\n' },
        { write: 'login.txt', content: 'no\n' },
      ],
      [{ write: 'login.txt', content: 'yes\n' }],
    ],
    { SMOL_KEEP: '1' },
  );
  await bridge.ended;

  const result = requireDoneResult(stage);
  expect(existsSync(marker)).toBe(false);
  expect(result.evidence.green).toBe(true);
  expect(result.changed).toEqual(['.gitattributes', 'login.txt']);
  expect(await runGit(stage.remote.directory, ['show', `${BRANCH}:login.txt`])).toBe('yes');
  // The traps are real: an ordinary git falls into them.
  for (const folder of ['workspace', 'workspace/linked', 'workspace/sub']) {
    await rm(marker, { force: true });
    await runGit(join(stage.workDir, folder), ['status']).catch(() => {});
    expect(existsSync(marker), folder).toBe(true);
  }
});

test('a clone address with a password in it is refused', async () => {
  stage = await setUpBridgeStage({ 'README.md': 'sample\n' });
  stage.assignment.repository.cloneUrl = stage.remote.url.replace('http://', 'http://me:secret1@');

  const bridge = await stage.startBridge([]);
  await bridge.ended;

  expect(requireFailedResult(stage).cause).toBe('infra');
  expect(requireFailedResult(stage).reason).not.toContain('secret1');
});
