import { afterEach, expect, test } from 'vitest';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  requireDoneResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import { runGit } from '../../support/workspace/git.ts';

// The commit of an attempt contains every file that the agent wrote, whatever its name and wherever a nested repository begins.

let fixture: BridgeFixture;
afterEach(() => fixture.close());

/** Runs a shell script as the turn of the agent; returns the result and the quoted paths of the commit. */
async function runAgentScript(script: string) {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n', 'old/tracked.js': '1\n' });
  fixture.assignment.verify = [];
  const bridge = await fixture.startBridge([[{ run: ['sh', '-c', script] }, { text: 'Done.' }]]);
  await bridge.ended;
  const result = requireDoneResult(fixture);
  const listing = ['ls-tree', '-r', '--name-only', ATTEMPT_BRANCH];
  const paths = (await runGit(fixture.remote.directory, listing)).split('\n');
  return { result, paths };
}

test('a file whose name is not UTF-8 is committed byte for byte', async () => {
  const { result, paths } = await runAgentScript(
    String.raw`printf x > "$(printf 'bad\377name')"; printf y > "$(printf 'gr\303\274n')"`,
  );

  expect(paths).toContain(String.raw`"bad\377name"`);
  expect(result.changed).toEqual([String.raw`bad\377name`, 'grün']);
});

test('the files of a nested repository are committed as ordinary files, without ignored files', async () => {
  const { result, paths } = await runAgentScript(
    [
      'mkdir -p web/src web/build && cd web && git init -q',
      'echo "export const x = 1" > src/index.js && echo build/ > .gitignore && echo 1 > build/out.js && echo 1 > ":(top)x"',
      'git add -A && git -c user.name=a -c user.email=a@b.c commit -qm first',
      'mkdir inner && cd inner && git init -q && echo 1 > deep.js',
      'cd ../../old && git init -q && echo 2 > tracked.js && echo 1 > new.js',
    ].join('\n'),
  );

  const expected = [
    'old/new.js',
    'old/tracked.js',
    'web/.gitignore',
    'web/:(top)x',
    'web/inner/deep.js',
    'web/src/index.js',
  ];
  expect(result.changed.toSorted()).toEqual(expected);
  expect(paths).toEqual(expect.arrayContaining(expected));
});
