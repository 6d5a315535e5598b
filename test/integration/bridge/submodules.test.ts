import { afterEach, expect, test } from 'vitest';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  ROOT_BRANCH,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { runGit } from '../../support/workspace/git.ts';

// Submodules are not fetched. Agent and people are told so, and no commit changes the entry of a submodule.

let fixture: BridgeFixture;
afterEach(() => fixture.close());

const SUBMODULE_COMMIT = '1'.repeat(40);

/** Starts the fixture with a root branch that has a submodule in `vendor/lib`. */
async function setUpSubmodule(): Promise<void> {
  fixture = await setUpBridgeFixture({
    '.gitmodules': '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://example.invalid/lib\n',
  });
  const { seedRepository, remote, assignment } = fixture;
  const entry = `160000,${SUBMODULE_COMMIT},vendor/lib`;
  await runGit(seedRepository, ['update-index', '--add', '--cacheinfo', entry]);
  await runGit(seedRepository, ['commit', '--quiet', '-m', 'Add a submodule']);
  assignment.repository.start = await runGit(seedRepository, ['rev-parse', 'HEAD']);
  const refspec = `HEAD:refs/heads/${ROOT_BRANCH}`;
  await runGit(seedRepository, ['push', '--quiet', remote.directory, refspec]);
}

test('the agent is told that the folders of submodules are empty, and the submodule stays as it is', async () => {
  await setUpSubmodule();
  fixture.assignment.verify = [];
  const script =
    'rmdir vendor/lib; mkdir -p vendor/lib; echo 1 > vendor/lib/lib.js; echo 1 > a.txt';

  const bridge = await fixture.startBridge([[{ run: ['sh', '-c', script] }, { text: 'Done.' }]]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['a.txt']);
  expect(result.uncommitted).toMatchObject([{ folder: 'vendor', cause: 'nested_repository' }]);
  const tree = ['ls-tree', ATTEMPT_BRANCH, 'vendor/'];
  expect(await runGit(fixture.remote.directory, tree)).toContain(SUBMODULE_COMMIT);
  const note = fixture.controlPlane.transcript.find(({ text }) => text.includes('submodules'));
  expect(note?.text).toContain('empty here and where the work is verified: vendor/lib');
  const prompts = (await fixture.readNotes()).map((entry) => String(entry.prompt ?? ''));
  expect(prompts.join('\n')).toContain('- This repository has submodules.');
});

test('the output of a failed verification names the submodules', async () => {
  await setUpSubmodule();
  fixture.assignment.kind = 'verify';
  fixture.assignment.repository.verifyCommit = fixture.assignment.repository.start;
  fixture.assignment.verify = [['test', '-f', 'vendor/lib/lib.js']];

  const bridge = await fixture.startBridge([]);
  await bridge.ended;

  const { cause, evidence } = requireFailedResult(fixture);
  expect(cause).toBe('verify_red');
  expect(evidence?.results[0]?.output).toContain('these folders are empty: vendor/lib');
});
