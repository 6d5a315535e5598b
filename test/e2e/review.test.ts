import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type E2eRepository, makeRepository } from '../support/e2e-repository.ts';
import { pullsOfRun, requireOneEach } from '../support/forge-facts.ts';
import { git } from '../support/git.ts';
import { graphText, write } from '../support/graph-text.ts';
import {
  readStatus,
  requireTask,
  runPlan,
  untilPlan,
  untilStatus,
  untilTask,
} from '../support/plan-watch.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform-process.ts';
import { type ScriptedTaskModel, startScriptedTaskModel } from '../support/scripted-task-model.ts';

// A plan of twelve tasks in which a person has to do everything that a person can be asked for. What `status` prints is
// what is typed.

let model: ScriptedTaskModel;
let platform: PlatformProcess;
let repository: E2eRepository;

beforeAll(async () => {
  model = await startScriptedTaskModel();
  platform = await startPlatformProcess({ model });
  repository = await makeRepository(platform.ground, 'review');
});
afterAll(async () => {
  await platform?.close();
  await model?.close();
});

const GRAPH = graphText('Twelve tasks', [
  { id: 'one' },
  { id: 'two' },
  { id: 'asks', description: `ASK Which colour? (grey)\nKEEP src/asks.txt` },
  {
    id: 'tries',
    description: `TRY the first time is too early\n${write('src/tries.txt', 'tries')}`,
  },
  { id: 'fails', description: 'CANNOT the manual is missing', limits: {} },
  { id: 'long', description: 'TURNS 30\n', limits: { maxTurns: 4 } },
  { id: 'steered', description: `HOLD steered\n${write('src/steered.txt', 'first')}` },
  { id: 'three', dependsOn: ['one', 'two'] },
  { id: 'four', dependsOn: ['three'] },
  { id: 'five', dependsOn: ['one'] },
  { id: 'six', dependsOn: ['five', 'asks'] },
  { id: 'seven', dependsOn: ['six', 'four'] },
]);

/** Types the command that is printed, but for "..." in it. */
async function follow(command: string | undefined, text = ''): Promise<void> {
  if (command === undefined) throw new Error('nothing was printed to do');
  const [program, ...words] = command.split(' ');
  expect(program).toBe('smol-gang');
  await platform.cli(
    words.map((word) => (word === '"..."' ? text : word)),
    { exit: 0 },
  );
}

test('every waiting state names the command that resolves it, and it does', async () => {
  await writeFile(join(repository.path, '..', 'graph.yaml'), GRAPH);

  const plan = await runPlan(platform, ['--plan', '../graph.yaml', '--policy', 'review'], {
    cwd: repository.path,
  });
  await untilStatus(platform, plan, 'pending_approval');
  const gate = await readStatus(platform, plan);
  await follow(gate.plan.waiting[0]?.command);
  const asking = await untilTask(
    platform,
    plan,
    'asks',
    (task) => task.status === 'awaiting_input',
  );
  expect(asking.question).toMatchObject({ text: 'Which colour?', default: 'grey' });
  await follow(asking.waiting?.command, 'blue');
  const blocked = await untilTask(platform, plan, 'fails', (task) => task.status === 'blocked');
  expect(blocked).toMatchObject({
    attempt: 2,
    reason: expect.stringContaining('the manual is missing'),
  });

  const tried = await untilTask(platform, plan, 'tries', (task) => task.status === 'in_review');
  expect(tried.attempt).toBe(2);
});
