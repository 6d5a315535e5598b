import type { AttemptResult } from '../../contract/attempt.ts';
import { scratchBranch } from '../../lifecycle/branch.ts';
import type { StoredLane } from '../../store/lane-store.ts';
import { loadResult } from '../../store/task-detail.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task/event.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { type Dependents, readDependents } from '../task/fan-out.ts';
import type { Head, Step } from './step.ts';

// What became of the head of a lane is written to its task.

/** Read while the forge merges, so that nothing but writes lies between its answer and the next pod. */
export type Ahead = { dependents?: Dependents; result?: AttemptResult };

export async function readAhead(deps: EngineDeps, task: StoredTask): Promise<Ahead> {
  try {
    const [dependents, result] = await Promise.all([
      readDependents(deps, task),
      resultOf(deps, task),
    ]);
    return { dependents, result };
  } catch {
    // The merge is what counts: what could not be read now is read when it is needed.
    return {};
  }
}

/** Writes what happened and does at once what the new state owes: releasing dependents waits for no message. */
export async function record(
  deps: EngineDeps,
  lane: StoredLane,
  task: StoredTask,
  event: TaskEvent,
  ahead: Ahead = {},
): Promise<Step> {
  const key = taskKeyOf(task.state);
  // A merge is a fact whatever the task has become; the rest was seen of this state only.
  const observed = event.type !== 'merge_seen';
  // After a merge its dependents are released at once, and who watches is told then.
  const said = { hint: observed, quiet: !observed };
  const [applied, result] = await Promise.all([
    applyTask(deps, key, event, { actor: 'lane', loaded: task, observed, ...said }),
    observed ? undefined : (ahead.result ?? resultOf(deps, task)),
  ]);
  const isMerged = 'task' in applied && applied.task.state.status === 'merged';
  if (applied.kind !== 'changed' && !isMerged) return { kind: 'wait', lane, waitMs: 1_000 };
  if (event.type !== 'merge_seen') return { kind: 'left', lane };
  const files = result?.outcome === 'done' ? result.changed.slice(0, 50) : [];
  const recent = [...(lane.state.recent ?? []), { task: key.task, files }].slice(-12);
  return {
    kind: 'left',
    lane: { ...lane, state: { ...lane.state, recent } },
    merged: 'task' in applied ? applied.task : undefined,
    dependents: ahead.dependents,
  };
}

export function tryMerge(deps: EngineDeps, head: Head): Promise<'clean' | 'conflict'> {
  return head.forge.tryMerge(
    head.task.state.repo,
    head.root,
    head.commit,
    scratchBranch(deps.settings.prefix, head.task.state),
  );
}

export async function conflict(deps: EngineDeps, lane: StoredLane, head: Head): Promise<Step> {
  const { state } = head.task;
  // An earlier call may still be on its way: a draft refuses it.
  if (lane.state.phase === 'merging') await head.forge.markDraft(state.repo, head.pull);
  const [gained, result] = await Promise.all([
    head.forge.compare(state.repo, state.proof?.root ?? head.commit, head.root),
    resultOf(deps, head.task),
  ]);
  const changed = new Set(result?.outcome === 'done' ? result.changed : []);
  const files = gained.files.map((file) => file.path).filter((path) => changed.has(path));
  const tasks = (lane.state.recent ?? [])
    .filter((one) => one.files.some((file) => files.includes(file)))
    .map((one) => one.task);
  const whom = tasks.length > 0 ? ` with what ${tasks.join(', ')} changed` : '';
  const detail = `It conflicts${whom} in the root branch${files.length > 0 ? `: ${files.slice(0, 20).join(', ')}` : ''}.`;
  return record(deps, lane, head.task, {
    type: 'changes_requested',
    repair: { reason: 'conflict', detail, files, tasks },
  });
}

function resultOf(deps: EngineDeps, { state }: StoredTask): Promise<AttemptResult | undefined> {
  return loadResult(deps.table, { ...taskKeyOf(state), n: state.accepted?.attempt ?? 0 });
}
