import { afterEach, expect, test } from 'vitest';
import type { AgentStep } from '../../support/bridge/agent-script.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  readPrompts,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';

// An attempt that changes nothing is asked once, verified, and reported as such. Files that git does not commit are never lost
// without a word.

let fixture: BridgeFixture;
afterEach(() => fixture.close());

const FILES = {
  'login.txt': 'yes\n',
  '.gitignore': 'build/\n',
};

async function runTurns(turns: AgentStep[][], prepare: () => void = () => {}): Promise<void> {
  fixture = await setUpBridgeFixture(FILES);
  prepare();
  const bridge = await fixture.startBridge(turns);
  await bridge.ended;
  expect(fixture.controlPlane.contractViolations).toEqual([]);
}

function run(script: string): AgentStep {
  return { run: ['sh', '-c', script] };
}

test('a claim without a change is asked once and reported as no change of the verified root commit', async () => {
  await runTurns([[{ text: 'Done. All tests pass.' }], [{ text: 'NOTHING TO DO: it is there.' }]]);

  const result = requireDoneResult(fixture);
  const { root } = fixture.assignment.repository;
  expect(result).toMatchObject({ noChange: 'task', commit: root, changed: [], uncommitted: [] });
  expect(result.evidence).toMatchObject({ commit: root, root, green: true });
  expect(result.summary).toBe('NOTHING TO DO: it is there.');
  const prompts = await readPrompts(fixture);
  expect(prompts).toHaveLength(2);
  expect(prompts[1]).toContain('Nothing was committed');
  expect(await fixture.remote.readHead(ATTEMPT_BRANCH)).toBeUndefined();
});

test('an agent that wrote only ignored files is told their folder and can still do the task', async () => {
  await runTurns([
    [run('mkdir build && echo 1 > build/a && echo 2 > build/b'), { text: 'Written.' }],
    [{ write: 'config.json', content: '{}' }, { text: 'Moved.' }],
  ]);

  const groups = [
    { folder: 'build', count: 2, cause: 'ignored', examples: ['build/a', 'build/b'] },
  ];
  const result = requireDoneResult(fixture);
  expect(result).toMatchObject({ changed: ['config.json'], uncommitted: groups });
  expect(result.noChange).toBeUndefined();
  expect((await readPrompts(fixture))[1]).toContain('- 2 files in build/ (ignored by git)');
});

test('files that set-up and verify create are not reported, and changes of these files are', async () => {
  await runTurns(
    [
      [
        run('echo more >> build/cache && mkfifo pipe && mkdir node_modules/x && touch a.pyc'),
        { write: 'a.txt', content: 'a' },
        { text: 'Done.' },
      ],
    ],
    () => {
      const command = 'mkdir -p build node_modules && echo 1 > build/cache && echo 1 > build/other';
      fixture.assignment.setup = [['sh', '-c', command]];
      fixture.assignment.verify = [['sh', '-c', 'echo 1 > build/verified']];
    },
  );

  expect(requireDoneResult(fixture).uncommitted).toEqual([
    { folder: '.', count: 1, cause: 'special_file', examples: ['pipe'] },
    { folder: 'build', count: 1, cause: 'ignored', examples: ['build/cache'] },
  ]);
});

test('a tracked file is committed although an ignore rule matches', async () => {
  await runTurns([
    [
      { write: '.gitignore', content: 'login.txt\n' },
      { write: 'login.txt', content: 'yes again\n' },
      { text: 'Done.' },
    ],
  ]);

  const changed = ['.gitignore', 'login.txt'];
  expect(requireDoneResult(fixture)).toMatchObject({ changed, uncommitted: [] });
});

test('a large nested repository is left out, and the agent and the result name the folder', async () => {
  const script = 'mkdir clone && cd clone && git init -q && for i in $(seq 2100); do : > $i; done';
  await runTurns([
    [run(script), { write: 'a.txt', content: 'a' }, { text: 'Done.' }],
    [{ text: 'The clone is for reference.' }],
  ]);

  expect(requireDoneResult(fixture)).toMatchObject({
    changed: ['a.txt'],
    uncommitted: [{ folder: 'clone', count: 2_100, cause: 'nested_repository' }],
  });
  expect((await readPrompts(fixture))[1]).toContain('2100 files in clone/');
});

test('an attempt fails after two turns without a word, a tool call and a change', async () => {
  await runTurns([[], []]);

  const result = requireFailedResult(fixture);
  expect(result).toMatchObject({
    cause: 'agent',
    reason: 'the agent ended its turn without a word and without a change',
  });
  expect(await readPrompts(fixture)).toHaveLength(2);
});

test('a turn that was cut off at its token limit is continued and never ends a task', async () => {
  const cut: AgentStep[] = [{ text: 'I will now' }, { stop: 'max_tokens' }];
  await runTurns([cut, cut, cut, cut]);

  expect(requireFailedResult(fixture)).toMatchObject({ cause: 'limit' });
});

test('a repair that changes nothing keeps the commit of the pull request and is marked', async () => {
  await runTurns([[{ text: 'I disagree.' }], [{ text: 'I still disagree.' }]], () => {
    fixture.assignment.kind = 'repair';
    const detail = 'Rename the file.';
    fixture.assignment.repair = { reason: 'changes_requested', detail, files: [], tasks: [] };
  });

  expect(requireDoneResult(fixture)).toMatchObject({ noChange: 'repair' });
  expect(await readPrompts(fixture)).toHaveLength(2);
});
