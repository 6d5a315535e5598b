import { expect, test } from 'vitest';
import { z } from 'zod';
import { graphViewSchema } from '../../core/contract/plan.ts';
import { submitGraph, useStage, waitForTaskStatus } from '../support/platform/e2e-stage.ts';
import { listPulls, listRunPulls, requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import { renderWriteInstruction } from '../support/platform/render-graph.ts';
import { waitForPlan, waitForPlanStatus, waitForTask } from '../support/platform/wait-for-plan.ts';
import { findProcesses } from '../support/process/process-scan.ts';
import { waitUntil } from '../support/wait-until.ts';
import { runGit } from '../support/workspace/git.ts';

// People control plans with commands: edits, rejection, cancellation, restart, limits, and the end of a conversation.

const stage = useStage('control');
const refusalSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.unknown() }),
});

async function readGraph(plan: string) {
  const { body } = await stage.platform.api('GET', `/v1/plans/${plan}/graph`);
  const graph = graphViewSchema.parse(body);
  const edges = graph.tasks.map((task): [string, string[]] => [task.id, task.dependsOn.toSorted()]);
  return { ...graph, shape: Object.fromEntries(edges) };
}

/** Edits a graph of the tasks a, b, c and d with each kind of edit, which creates the revisions 2 to 8. */
async function editGraph(plan: string): Promise<void> {
  const edit = (...words: string[]) => stage.platform.cli(['plan', ...words], { expectedExit: 0 });

  await edit(
    'add-task',
    plan,
    'e',
    '--description',
    'Adds src/e.txt',
    '--scope',
    'src/e.txt',
    '--after',
    'a',
    '--before',
    'c',
  );
  await edit('add-dep', plan, 'd', 'a');
  await edit(
    'split',
    plan,
    'b',
    '--part',
    'b-one=The first half of b',
    '--part',
    'b-two=The second half of b',
  );
  await edit('remove-task', plan, 'e');
  await edit('merge', plan, 'c', 'd', '--id', 'cd');
  await edit('remove-dep', plan, 'cd', 'b-one');
  await edit(
    'edit',
    plan,
    'a',
    '--title',
    'A better name',
    '--tier',
    'heavy',
    '--note',
    'it was vague',
  );
}

/** Checks that edits and approvals of an old revision, and edits that create a cycle, are refused. */
async function requireRefusedEdits(plan: string): Promise<void> {
  const { cli, api } = stage.platform;
  const stale = await api('POST', `/v1/plans/${plan}/edits`, {
    revision: 7,
    edits: [{ op: 'remove_task', task: 'cd' }],
  });
  expect(stale.status).toBe(409);
  expect(refusalSchema.parse(stale.body).error).toMatchObject({
    code: 'revision_moved',
    message: expect.stringContaining('A better name'),
    details: { revision: 8 },
  });
  const outdatedApproval = await cli(['plan', 'approve', plan, '--revision', '7'], {
    expectedExit: 5,
  });
  expect(outdatedApproval.stderr).toContain('revision 8');
  const cyclic = await cli(['plan', 'add-dep', plan, 'a', 'cd']);
  expect(cyclic).toMatchObject({ code: 2, stderr: expect.stringMatching(/a -> cd -> a/) });
  expect((await readGraph(plan)).revision).toBe(8);
  expect((await cli(['plan', 'diff', plan, '1', '8'], { expectedExit: 0 })).stdout).toContain(
    'b-one',
  );
}

test('a plan can be edited with commands, rejected and restarted', async () => {
  const { cli } = stage.platform;
  const { plan } = await submitGraph(stage, [
    { id: 'a' },
    { id: 'b', dependsOn: ['a'] },
    { id: 'c', dependsOn: ['b'] },
    { id: 'd' },
  ]);

  await editGraph(plan);

  const { shape, tasks, revision, note } = await readGraph(plan);
  expect(shape).toMatchObject({ a: [], 'b-one': ['a'], 'b-two': ['a'] });
  expect(shape.cd).toContain('b-two');
  expect(shape.cd).not.toContain('b-one');
  expect(revision).toBe(8);
  expect(note).toBe('it was vague');
  expect(tasks.find(({ id }) => id === 'a')).toMatchObject({
    title: 'A better name',
    tier: 'heavy',
  });

  await requireRefusedEdits(plan);

  await cli(['plan', 'reject', plan, '--reason', 'not now'], { expectedExit: 0 });
  const rejected = await cli(['status', plan], { expectedExit: 1 });
  expect(rejected.stdout).toContain('not now');
  expect((await cli(['plan', 'approve', plan])).code).toBe(5);
  await cli(['plan', 'restart', plan], { expectedExit: 0 });
  // The restart reads the base again before the plan waits for approval.
  const restarted = await waitForPlanStatus(stage.platform, plan, 'pending_approval');
  expect(restarted.plan.revision).toBe(8);
  await cli(['plan', 'reject', plan], { expectedExit: 0 });
});

/** Lists the running bridges of the platform. */
async function listBridges() {
  const processes = await findProcesses(stage.platform.workspace.path);
  return processes.filter(({ command }) => command.includes('agent/bridge/main.ts'));
}

/** Submits a plan in which the agent of `held` waits for the test, and the agent of `long` exceeds its limit of turns. */
function submitLongPlan() {
  return submitGraph(
    stage,
    [
      { id: 'done' },
      { id: 'open' },
      { id: 'held', description: `HOLD held\n${renderWriteInstruction('src/held.txt', 'held')}` },
      {
        id: 'long',
        description: `SPIN long\n${renderWriteInstruction('src/long.txt', 'long')}`,
        limits: { maxTurns: 4 },
      },
      { id: 'last', dependsOn: ['open', 'done'] },
    ],
    ['--policy', 'review'],
  );
}

/** Approves every task of the second run and waits until the plan is complete. */
function completeSecondRun(plan: string) {
  const { platform } = stage;
  const approved = new Set<string>();
  return waitForPlan(
    platform,
    plan,
    'the second run is complete',
    ({ plan: view, tasks }) => {
      for (const { id, status } of tasks) {
        if (view.run !== 2 || status !== 'in_review' || approved.has(id)) continue;
        approved.add(id);
        void platform.api('POST', `/v1/plans/${plan}/tasks/${id}/approve`);
      }
      return view.status === 'complete';
    },
    150_000,
  );
}

test('a cancellation ends agents and closes pull requests but keeps branches, and a second run uses branches of its own', async () => {
  const { platform, model, repository } = stage;
  const { plan, repo } = await submitLongPlan();
  await platform.cli(['plan', 'approve', plan], { expectedExit: 0 });

  await waitForTaskStatus(stage, plan, 'done', 'in_review');
  await platform.cli(['task', 'approve', plan, 'done'], { expectedExit: 0 });
  const long = await waitForTaskStatus(stage, plan, 'long', 'blocked');
  expect(long.reason).toMatch(/turns|requests|calls/i);
  await waitForTaskStatus(stage, plan, 'done', 'merged');
  await waitForTaskStatus(stage, plan, 'open', 'in_review');
  await waitUntil('an agent works', () => model.isHeld('held'), 60_000);
  await waitForPlan(platform, plan, 'the root has its pull request', ({ plan: view }) =>
    view.pulls.some((pull) => pull.number !== undefined),
  );
  expect(await listBridges()).toHaveLength(1);

  await platform.cli(['cancel', plan, '--reason', 'wrong idea', '--yes'], { expectedExit: 0 });

  await waitForPlan(platform, plan, 'every unmerged task is cancelled', ({ tasks }) =>
    tasks.every((task) => task.status === 'cancelled' || task.status === 'merged'),
  );
  await waitUntil('every agent has ended', async () => (await listBridges()).length === 0, 30_000);
  await waitUntil(
    'pull requests are closed',
    async () => (await listPulls(platform, repo)).every((pull) => pull.state === 'closed'),
    30_000,
  );
  const firstRunBranches = await runGit(repository.path, [
    'branch',
    '--list',
    `smol-gang/${plan}-r1/*`,
  ]);
  for (const branch of ['root', 't/done', 't/open'])
    expect(firstRunBranches).toContain(`r1/${branch}`);

  model.release('held');
  model.release('long');
  await platform.cli(['plan', 'restart', plan], { expectedExit: 0 });

  const completed = await completeSecondRun(plan);
  expect(completed.plan).toMatchObject({ run: 2, counts: { merged: 5 } });
  await requireOnePullPerTask(platform, repo, plan, ['done', 'held', 'last', 'long', 'open'], 2);
  expect(await runGit(repository.path, ['branch', '--list', `smol-gang/${plan}-r1/*`])).toBe(
    firstRunBranches,
  );
  const firstRunPulls = await listRunPulls(platform, repo, plan, 1);
  expect(
    [firstRunPulls.root, ...[...firstRunPulls.tasks.values()].flat()].map((pull) => pull?.state),
  ).toEqual(expect.not.arrayContaining(['open']));
});

test('a simple plan can be a conversation that a person finishes', async () => {
  const { platform, repository } = stage;
  const result = await platform.cli(
    [
      'run',
      '--prompt',
      `Write a note.\n\n${renderWriteInstruction('note.txt', 'one')}`,
      '--interactive',
      '--json',
    ],
    { cwd: repository.path, expectedExit: 0 },
  );
  const plan = result.json(z.object({ plan: z.object({ id: z.string() }) })).plan.id;
  await waitForTaskStatus(stage, plan, 'main', 'working');

  await waitForPlan(platform, plan, 'the agent waits for a message', (snapshot) =>
    snapshot.plan.waiting.some(({ kind }) => kind === 'conversation'),
  );
  const open = await platform.cli(['status', plan], { expectedExit: 6 });
  expect(open.stdout).toContain(`smol-gang task message ${plan} main "..."`);
  expect(open.stdout).toContain(`smol-gang task finish ${plan} main`);

  await platform.cli(['task', 'message', plan, 'main', renderWriteInstruction('note.txt', 'two')], {
    expectedExit: 0,
  });
  await waitUntil(
    'the agent receives the message',
    () => stage.model.askedPrompts.some(({ text }) => /says:[\s\S]*two/.test(text)),
    60_000,
  );
  await platform.cli(['task', 'finish', plan, 'main'], { expectedExit: 0 });

  await waitForPlanStatus(platform, plan, 'complete');
  const task = await waitForTask(platform, plan, 'main', (view) => view.status === 'in_review');
  const branch = `smol-gang/${plan}-r1/t/main`;
  expect(await runGit(repository.path, ['show', `${branch}:note.txt`])).toBe('two');
  expect(task.waiting).toBeUndefined();
  const status = await platform.cli(['status', plan], { expectedExit: 0 });
  expect(status.stdout).toContain(`git -C ${repository.path} merge ${branch}`);
  for (const command of [
    ['plan', 'result', plan, '--patch'],
    ['task', 'diff', plan, 'main', '--patch'],
  ]) {
    const patch = await platform.cli(command, { expectedExit: 0 });
    expect(patch.stdout).toMatch(/^diff --git a\/note\.txt b\/note\.txt[\s\S]*\n\+two\n/);
  }
});
