import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AgentStep } from '../../support/bridge/agent-script.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  ROOT_BRANCH,
  requireDoneResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { runGit } from '../../support/workspace/git.ts';

// Line ends follow the .gitattributes files of the repository, as in the checkout of a person.

let fixture: BridgeFixture;
afterEach(() => fixture.close());

const ATTRIBUTES = '* text=auto\n*.bat text eol=crlf\n*.bin -text\n';
const HAS_CRLF = ['grep', '-q', '\r', 'run.bat'];

/** Runs one turn of the agent in a repository with this batch file and the attributes above; returns the result. */
async function runTurn(batchFile: string, steps: AgentStep[]) {
  fixture = await setUpBridgeFixture({ 'run.bat': batchFile });
  fixture.assignment.repository.start = await commitAttributes(fixture.seedRepository);
  fixture.assignment.verify = [HAS_CRLF];
  const bridge = await fixture.startBridge([[{ run: HAS_CRLF }, ...steps, { text: 'Done.' }]]);
  await bridge.ended;
  return requireDoneResult(fixture);
}

/** Commits the attributes and changes nothing else, unlike `git add`, which would convert the batch file; pushes the commit. */
async function commitAttributes(repository: string): Promise<string> {
  await writeFile(join(repository, '.gitattributes'), ATTRIBUTES);
  await runGit(repository, ['update-index', '--add', '.gitattributes']);
  await runGit(repository, ['commit', '--quiet', '-m', 'Add attributes']);
  const commit = await runGit(repository, ['rev-parse', 'HEAD']);
  const refspec = `${commit}:refs/heads/${ROOT_BRANCH}`;
  await runGit(repository, ['push', '--quiet', fixture.remote.directory, refspec]);
  return commit;
}

/** Returns the content of a path in the delivered commit, without the last line break. */
function readDelivered(path: string): Promise<string> {
  return runGit(fixture.remote.directory, ['cat-file', 'blob', `${ATTEMPT_BRANCH}:${path}`]);
}

test('workspace and verification have the line ends of the attributes, and the commit has LF', async () => {
  const result = await runTurn('echo hi\n', [
    { write: 'new.bat', content: 'echo a\r\necho b\r\n' },
    { write: 'data.bin', content: 'a\r\nb\r\n' },
  ]);

  expect(result.changed).toEqual(['data.bin', 'new.bat']);
  expect(await readDelivered('new.bat')).toBe('echo a\necho b');
  expect(await readDelivered('data.bin')).toBe('a\r\nb\r');
  const clone = join(fixture.directory, 'clone');
  const branch = ['--branch', ATTEMPT_BRANCH];
  await runGit(fixture.directory, ['clone', '-q', ...branch, fixture.remote.directory, clone]);
  expect(await readFile(join(clone, 'new.bat'), 'utf8')).toBe('echo a\r\necho b\r\n');
  expect(await runGit(clone, ['status', '--short'])).toBe('');
});

test('a file that is committed with CRLF against its attributes stays as it is, even if it is touched', async () => {
  const result = await runTurn('echo hi\r\n', [
    { run: ['touch', 'run.bat'] },
    { write: 'other.txt', content: 'other\n' },
  ]);

  expect(result.changed).toEqual(['other.txt']);
  expect(await readDelivered('run.bat')).toBe('echo hi\r');
});

test('a change of a file that is committed with CRLF against its attributes is committed with LF', async () => {
  const result = await runTurn('echo hi\r\n', [{ write: 'run.bat', content: 'echo ho\r\n' }]);

  expect(result.changed).toEqual(['run.bat']);
  expect(await readDelivered('run.bat')).toBe('echo ho');
});
