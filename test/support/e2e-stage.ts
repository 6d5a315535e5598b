import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { TaskView } from '../../core/contract/task.ts';
import type { FaultSettings } from '../../local/forge/fault.ts';
import { type E2eRepository, makeRepository } from './e2e-repository.ts';
import { requireOneEach } from './forge-facts.ts';
import { git } from './git.ts';
import { type DraftTask, graphText } from './graph-text.ts';
import { eventsOf, runPlan, untilStatus, untilTask } from './plan-watch.ts';
import { type PlatformProcess, startPlatformProcess } from './platform-process.ts';
import { type ScriptedTaskModel, startScriptedTaskModel } from './scripted-task-model.ts';

// A platform, its model and a person's repository for the tests of one file.

export type Stage = {
  readonly model: ScriptedTaskModel;
  readonly platform: PlatformProcess;
  readonly repository: E2eRepository;
};

/** Started before the first test and taken down after the last; not to be touched outside of tests. */
export function useStage(name: string, env: Readonly<Record<string, string>> = {}): Stage {
  const made: {
    model?: ScriptedTaskModel;
    platform?: PlatformProcess;
    repository?: E2eRepository;
  } = {};
  beforeAll(async () => {
    made.model = await startScriptedTaskModel();
    made.platform = await startPlatformProcess({ model: made.model, env });
    made.repository = await makeRepository(made.platform.ground, name);
  });
  afterAll(async () => {
    try {
      await made.platform?.close();
    } finally {
      await made.model?.close();
    }
  });
  return {
    get model() {
      return started(made.model);
    },
    get platform() {
      return started(made.platform);
    },
    get repository() {
      return started(made.repository);
    },
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the stage is not set');
  return part;
}

/** Hands a graph in, with more words for `run`, and waits for the gate; answers the plan and its repository's name. */
export async function handIn(
  { platform, repository }: Stage,
  tasks: readonly DraftTask[],
  args: readonly string[] = [],
): Promise<{ plan: string; repo: string }> {
  await writeFile(join(platform.ground.path, 'graph.yaml'), graphText('A graph', tasks));
  const file = join(platform.ground.path, 'graph.yaml');
  const plan = await runPlan(platform, ['--plan', file, ...args], { cwd: repository.path });
  const wanted = args.includes('--auto-approve') ? 'active' : 'pending_approval';
  const { plan: view } = await untilStatus(platform, plan, wanted);
  return { plan, repo: view.repositories[0]?.name ?? '' };
}

/** Until a task has this status, within two minutes. */
export function untilTaskIs(
  { platform }: Stage,
  plan: string,
  task: string,
  status: TaskView['status'],
): Promise<TaskView> {
  return untilTask(platform, plan, task, (seen) => seen.status === status, 120_000);
}

/** What a file holds on a branch of a run. */
export function contentOf(
  { repository }: Stage,
  plan: string,
  branch: string,
  path: string,
  run = 1,
): Promise<string> {
  return git(repository.path, ['show', `smol-gang/${plan}-r${run}/${branch}:${path}`]);
}

const FIVE: readonly DraftTask[] = [
  { id: 'a' },
  { id: 'b' },
  { id: 'c', dependsOn: ['a'] },
  { id: 'd', dependsOn: ['a', 'b'] },
  { id: 'e', dependsOn: ['c', 'd'] },
];

/** Runs a plan of five tasks to its end while the forge is so; the second settings hold from the first merge on. */
export async function completesUnder(
  stage: Stage,
  faults: readonly FaultSettings[],
): Promise<{ plan: string; events: string[] }> {
  const { platform } = stage;
  const { plan, repo } = await handIn(stage, FIVE);
  await platform.cli(['plan', 'approve', plan], { exit: 0 });
  for (const [index, settings] of faults.entries()) {
    if (index > 0) await untilTaskIs(stage, plan, 'a', 'merged');
    await platform.faults(settings);
  }
  await untilStatus(platform, plan, 'complete', 200_000);
  await platform.faults({});
  const ids = FIVE.map(({ id }) => id);
  const { root } = await requireOneEach(platform, repo, plan, ids);
  expect(root).toMatchObject({ draft: false, state: 'open' });
  const events = await Promise.all(ids.map((id) => eventsOf(platform, plan, id)));
  return { plan, events: events.flat() };
}
