import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { TaskView } from '../../../core/contract/task.ts';
import type { FaultSettings } from '../../../local/forge/fault.ts';
import type { ScriptedTaskModel } from '../model/scripted-task-model.ts';
import { startScriptedTaskModel } from '../model/scripted-task-model.ts';
import type { PlatformProcess } from '../process/platform-process.ts';
import { startPlatformProcess } from '../process/platform-process.ts';
import type { E2eRepository } from '../workspace/e2e-repository.ts';
import { makeE2eRepository } from '../workspace/e2e-repository.ts';
import { runGit } from '../workspace/git.ts';
import { requireOnePullPerTask } from './forge-facts.ts';
import type { DraftTask } from './render-graph.ts';
import { renderGraph } from './render-graph.ts';
import { listTaskEvents, submitPlan, waitForPlanStatus, waitForTask } from './wait-for-plan.ts';

// Shared set-up of an e2e test file: a platform, its scripted model, and the repository of a person.

/** The running platform, model and repository of an e2e test file. */
export type E2eStage = {
  readonly model: ScriptedTaskModel;
  readonly platform: PlatformProcess;
  readonly repository: E2eRepository;
};

/** Starts the parts before the first test of the file, and closes the parts after the last. Use the parts only within tests. */
export function useStage(name: string, env: Readonly<Record<string, string>> = {}): E2eStage {
  const started: {
    model?: ScriptedTaskModel;
    platform?: PlatformProcess;
    repository?: E2eRepository;
  } = {};
  beforeAll(async () => {
    started.model = await startScriptedTaskModel();
    started.platform = await startPlatformProcess({ model: started.model, env });
    started.repository = await makeE2eRepository(started.platform.workspace, name);
  });
  afterAll(async () => {
    try {
      await started.platform?.close();
    } finally {
      await started.model?.close();
    }
  });
  return {
    get model() {
      return requireStarted(started.model);
    },
    get platform() {
      return requireStarted(started.platform);
    },
    get repository() {
      return requireStarted(started.repository);
    },
  };
}

function requireStarted<T>(part: T | undefined): T {
  if (part === undefined)
    throw new Error('the stage has not started; use its parts only within tests');
  return part;
}

/**
 * Submits a graph with `args` for `smol-gang run`, and waits until the plan needs approval (with `--auto-approve`: is active).
 * Returns plan id and repository name.
 */
export async function submitGraph(
  { platform, repository }: E2eStage,
  tasks: readonly DraftTask[],
  args: readonly string[] = [],
): Promise<{ readonly plan: string; readonly repo: string }> {
  await writeFile(join(platform.workspace.path, 'graph.yaml'), renderGraph('A graph', tasks));
  const file = join(platform.workspace.path, 'graph.yaml');
  const plan = await submitPlan(platform, ['--plan', file, ...args], { cwd: repository.path });
  const expectedStatus = args.includes('--auto-approve') ? 'active' : 'pending_approval';
  const { plan: view } = await waitForPlanStatus(platform, plan, expectedStatus);
  return { plan, repo: view.repositories[0]?.name ?? '' };
}

/** Waits up to two minutes until the task has the status. */
export function waitForTaskStatus(
  { platform }: E2eStage,
  plan: string,
  task: string,
  status: TaskView['status'],
): Promise<TaskView> {
  return waitForTask(platform, plan, task, (view) => view.status === status, 120_000);
}

/** Returns the content of a file on a branch of a run. */
export function readBranchFile(
  { repository }: E2eStage,
  plan: string,
  branch: string,
  path: string,
  run = 1,
): Promise<string> {
  return runGit(repository.path, ['show', `smol-gang/${plan}-r${run}/${branch}:${path}`]);
}

const FIVE_TASKS: readonly DraftTask[] = [
  { id: 'a' },
  { id: 'b' },
  { id: 'c', dependsOn: ['a'] },
  { id: 'd', dependsOn: ['a', 'b'] },
  { id: 'e', dependsOn: ['c', 'd'] },
];

/** Completes a plan of five tasks while the forge injects faults. Later entries of `faults` apply after task `a` is merged. */
export async function completePlanUnderFaults(
  stage: E2eStage,
  faults: readonly FaultSettings[],
): Promise<{ readonly plan: string; readonly events: string[] }> {
  const { platform } = stage;
  const { plan, repo } = await submitGraph(stage, FIVE_TASKS);
  await platform.cli(['plan', 'approve', plan], { expectedExit: 0 });
  for (const [index, settings] of faults.entries()) {
    if (index > 0) await waitForTaskStatus(stage, plan, 'a', 'merged');
    await platform.setFaults(settings);
  }
  await waitForPlanStatus(platform, plan, 'complete', 200_000);
  await platform.setFaults({});
  const ids = FIVE_TASKS.map(({ id }) => id);
  const { root } = await requireOnePullPerTask(platform, repo, plan, ids);
  expect(root).toMatchObject({ draft: false, state: 'open' });
  const events = await Promise.all(ids.map((id) => listTaskEvents(platform, plan, id)));
  return { plan, events: events.flat() };
}
