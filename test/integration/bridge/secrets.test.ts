import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { AgentStep } from '../../support/bridge/agent-script.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  findLeakedSecrets,
  ROOT_BRANCH,
  requireDoneResult,
  requireFailedResult,
  SECRETS,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { runGit } from '../../support/workspace/git.ts';

let fixture: BridgeFixture;
afterEach(() => fixture.close());

/** Reads the path and text of every file below a folder. */
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
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.setup = [['sh', '-c', 'env; cat /proc/self/environ']];
  fixture.assignment.verify = [['sh', '-c', 'env; cat /proc/self/environ; grep -q yes login.txt']];

  const bridge = await fixture.startBridge(
    [
      [
        { noteEnvironment: true, noteCommandLines: true },
        { callModel: '/chat/completions', stream: true },
        { write: 'login.txt', content: 'yes\n' },
        { noteEnvironment: true, noteCommandLines: true },
        { text: `The forge said ${SECRETS.git} and the model ${SECRETS.model}` },
      ],
    ],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1', HTTPS_SECRET: SECRETS.model },
  );
  const exit = await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(findLeakedSecrets(JSON.stringify(await fixture.readNotes()))).toEqual([]);
  expect(findLeakedSecrets(JSON.stringify(fixture.controlPlane.transcript))).toEqual([]);
  expect(
    findLeakedSecrets(
      JSON.stringify([fixture.controlPlane.heartbeats, fixture.controlPlane.checkpoints]),
    ),
  ).toEqual([]);
  expect(findLeakedSecrets(JSON.stringify(result))).toEqual([]);
  expect(result.summary).toContain('[secret removed]');
  expect(findLeakedSecrets(exit.stderr)).toEqual([]);
  const files = await readFilesBelow(fixture.workDir);
  expect(files.length).toBeGreaterThan(10);
  expect(
    files.filter(([, text]) => findLeakedSecrets(text).length > 0).map(([path]) => path),
  ).toEqual([]);
  expect(fixture.model.requests[0]?.headers.authorization).toBe(`Bearer ${SECRETS.model}`);
});

function parseEnvironment(note: Record<string, unknown>) {
  return z.record(z.string(), z.string()).safeParse(note.environment).data;
}

test('the model proxy accepts only the bearer token of the attempt', async () => {
  fixture = await setUpBridgeFixture({ 'login.txt': 'yes\n' });

  const bridge = await fixture.startBridge([[{ noteEnvironment: true }, { hang: true }]]);
  const environment = await waitUntil(
    'the agent has noted its environment',
    async () =>
      (await fixture.readNotes()).map(parseEnvironment).find((entry) => entry !== undefined),
    40_000,
  );
  const fetchStatus = (path: string, bearer: string, method = 'POST') =>
    fetch(`${environment.OPENAI_BASE_URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}` },
      ...(method === 'POST' ? { body: '{}' } : {}),
    }).then((response) => response.status);

  expect(await fetchStatus('/chat/completions', 'guess')).toBe(401);
  expect(await fetchStatus('/chat/completions', SECRETS.attempt)).toBe(401);
  expect(await fetchStatus('/models', environment.OPENAI_API_KEY ?? '', 'GET')).toBe(200);
  expect(await fetchStatus('/files', environment.OPENAI_API_KEY ?? '')).toBe(404);
  expect(await fetchStatus('/chat/completions', environment.OPENAI_API_KEY ?? '', 'GET')).toBe(405);
  bridge.kill('SIGTERM');
  await bridge.ended;
});

/** Commits the submodule entry `linked` to the root branch. The agent later creates a git directory in this folder. */
async function commitSubmoduleEntry() {
  const head = await runGit(fixture.seedRepository, ['rev-parse', 'HEAD']);
  await runGit(fixture.seedRepository, [
    'update-index',
    '--add',
    '--cacheinfo',
    `160000,${head},linked`,
  ]);
  await runGit(fixture.seedRepository, ['commit', '--quiet', '-m', 'Link']);
  const start = await runGit(fixture.seedRepository, ['rev-parse', 'HEAD']);
  const target = `${start}:refs/heads/${ROOT_BRANCH}`;
  await runGit(fixture.seedRepository, ['push', '--quiet', fixture.remote.directory, target]);
  Object.assign(fixture.assignment.repository, { start, root: start });
}

/** Renders a git configuration that names `evil` as monitor, pager, filter, diff and merge driver, credential helper and signer. */
function renderHostileConfig(evil: string): string {
  return [
    `[core]\n\tfsmonitor = ${evil}\n\thooksPath = hooks\n\tsshCommand = ${evil}\n\tpager = ${evil}\n\tattributesFile = attrs`,
    `[filter "evil"]\n\tclean = ${evil}\n\tsmudge = ${evil}\n\tprocess = ${evil}\n\trequired = true`,
    `[diff "evil"]\n\tcommand = ${evil}\n\ttextconv = ${evil}`,
    `[merge "evil"]\n\tdriver = ${evil}`,
    `[credential]\n\thelper = ${evil}`,
    `[http]\n\tproxy = http://127.0.0.1:1`,
    `[gpg]\n\tprogram = ${evil}\n[commit]\n\tgpgSign = true`,
  ].join('\n');
}

/** Returns steps that write configuration, hooks and attributes into a git directory. */
function createHostileGitDirSteps(gitDir: string, evil: string): AgentStep[] {
  const hooks = ['pre-commit', 'pre-push', 'post-checkout', 'post-index-change', 'post-merge'];
  return [
    { write: `${gitDir}/config`, content: `${renderHostileConfig(evil)}\n` },
    ...hooks.map((hook) => ({
      write: `${gitDir}/hooks/${hook}`,
      content: `#!/bin/sh\n${evil}\n`,
    })),
    { write: `${gitDir}/info/attributes`, content: '* filter=evil\n' },
  ];
}

/** Returns steps that turn a folder into a repository with a hostile git directory. */
function createNestedRepositorySteps(folder: string, evil: string): AgentStep[] {
  return [
    ...createHostileGitDirSteps(`${folder}/.git`, evil),
    { write: `${folder}/.git/HEAD`, content: 'ref: refs/heads/main\n' },
    { write: `${folder}/.git/objects/keep`, content: '' },
    { write: `${folder}/.git/refs/keep`, content: '' },
    { write: `${folder}/file`, content: 'file\n' },
  ];
}

test('git configuration, hooks and filters of a workspace do not run in the bridge', async () => {
  fixture = await setUpBridgeFixture({
    '.gitattributes': '* filter=evil diff=evil merge=evil\n',
    '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c env\n\tupdate = !env\n',
    'keep.txt': 'keep\n',
  });
  const marker = join(fixture.directory, 'marker');
  await commitSubmoduleEntry();
  const evil = join(fixture.directory, 'evil.sh');
  await writeFile(evil, `#!/bin/sh\nenv > ${marker}\n`, { mode: 0o755 });
  // Because of the new root commit, the bridge also merges and checks out the merge.
  await fixture.pushToRootBranch({ 'other.txt': 'other\n' });
  fixture.assignment.verify = [['grep', '-q', 'yes', 'login.txt']];
  const attributes = '* filter=evil text eol=crlf working-tree-encoding=UTF-16\n';

  const bridge = await fixture.startBridge(
    [
      [
        ...createHostileGitDirSteps('.git', evil),
        ...createNestedRepositorySteps('sub', evil),
        ...createNestedRepositorySteps('linked', evil),
        { write: '.gitattributes', content: attributes },
        { write: '../home/.gitconfig', content: `${renderHostileConfig(evil)}\n` },
        { write: '../home/.netrc', content: 'default login a password b\n' },
        { write: 'login.txt', content: 'no\n' },
      ],
      // The bridge reports the files below `linked` first, because the folder is still a submodule.
      [{ write: 'notes.txt', content: 'The files stay where they are.\n' }],
      [{ write: 'login.txt', content: 'yes\n' }],
    ],
    { [BRIDGE_ENVIRONMENT.keepWorkDir]: '1' },
  );
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(existsSync(marker)).toBe(false);
  expect(result.evidence.green).toBe(true);
  // The new root commit removes the submodule entry, so both folders are nested repositories, whose files are committed.
  expect(result.changed).toEqual([
    '.gitattributes',
    'linked/file',
    'login.txt',
    'notes.txt',
    'sub/file',
  ]);
  expect(await runGit(fixture.remote.directory, ['show', `${ATTEMPT_BRANCH}:login.txt`])).toBe(
    'yes',
  );
  // Checks the traps themselves: an ordinary git must run the program.
  for (const folder of ['workspace', 'workspace/linked', 'workspace/sub']) {
    await rm(marker, { force: true });
    await runGit(join(fixture.workDir, folder), ['status']).catch(() => {});
    expect(existsSync(marker), folder).toBe(true);
  }
});

test('a clone URL with a password is refused', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.repository.cloneUrl = fixture.remote.url.replace(
    'http://',
    'http://me:secret1@',
  );

  const bridge = await fixture.startBridge([]);
  await bridge.ended;

  expect(requireFailedResult(fixture).cause).toBe('infra');
  expect(requireFailedResult(fixture).reason).not.toContain('secret1');
});
