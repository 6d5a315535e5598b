import type { QueueMessage } from '../../contract/queue.ts';
import { loadDependents } from '../../store/task-detail.ts';
import {
  loadTask,
  removeWait,
  type StoredTask,
  settleTask,
  taskKeyOf,
} from '../../store/task-store.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { inParallel } from '../in-parallel.ts';

const CONCURRENCY = 16;

/** A task's dependents as they were before its merge: each that waits on it alone needs one write then. */
export type Dependents = { ids: readonly string[]; read: ReadonlyMap<string, StoredTask> };

/** Of more than these, their states are not worth a read ahead. */
const MAX_READ_AHEAD = 16;

/** For who is about to merge: what can be read while the forge is asked is not read after it has answered. */
export async function readDependents(deps: EngineDeps, task: StoredTask): Promise<Dependents> {
  const key = taskKeyOf(task.state);
  const ids = await loadDependents(deps.table, key);
  if (ids.length > MAX_READ_AHEAD) return { ids, read: new Map() };
  const read = await inParallel(ids, CONCURRENCY, (id) =>
    loadTask(deps.table, { ...key, task: id }),
  );
  return { ids, read: new Map(read.flatMap((one) => (one ? [[one.state.task, one]] : []))) };
}

/**
 * Tells every dependent that this task is merged. Doing it again, for a crash between two writes, is harmless: an emptied
 * set stays empty, and who is not pending any more stays what it is.
 */
export async function fanOut(
  deps: EngineDeps,
  merged: StoredTask,
  dependents?: Dependents,
): Promise<void> {
  const released = await release(deps, merged, dependents);
  const messages: QueueMessage[] = [];
  for (let start = 0; start < released.length; start += 50) {
    messages.push({
      type: 'schedule',
      v: 1,
      tasks: released.slice(start, start + 50).map((task) => taskKeyOf(task.state)),
    });
  }
  const { plan } = merged.state;
  messages.push({ type: 'drive_plan', v: 1, plan }, { type: 'push', v: 1, plan });
  await hintAll(deps, messages);
}

/** The tasks that became ready; joins are passed through at once. */
async function release(
  deps: EngineDeps,
  merged: StoredTask,
  ahead: Dependents | undefined,
): Promise<StoredTask[]> {
  const ready: StoredTask[] = [];
  const open: StoredTask[] = [merged];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const known = node === merged ? ahead : undefined;
    for (const task of await releaseDependents(deps, node, known)) {
      if (task.state.status === 'merged') open.push(task);
      else ready.push(task);
    }
    if (node !== merged) await settleTask(deps.table, node, undefined);
  }
  return ready;
}

async function releaseDependents(
  deps: EngineDeps,
  node: StoredTask,
  ahead: Dependents | undefined,
): Promise<StoredTask[]> {
  const key = taskKeyOf(node.state);
  const { ordinal } = node.state;
  const ids = ahead?.ids ?? (await loadDependents(deps.table, key));
  const moved = await inParallel(
    ids,
    CONCURRENCY,
    async (task) =>
      (await releaseKnown(deps, ahead?.read.get(task), ordinal)) ??
      releaseOne(deps, { ...key, task }, ordinal),
  );
  return moved.filter((task) => task !== undefined);
}

/** Off the last that it waits on and ready in one write, if it is still as it was read; a set of waits only shrinks. */
async function releaseKnown(
  deps: EngineDeps,
  dependent: StoredTask | undefined,
  ordinal: number,
): Promise<StoredTask | undefined> {
  const isLast = dependent?.waits.length === 1 && dependent.waits[0] === ordinal;
  return isLast ? makeReady(deps, { ...dependent, waits: [] }, { observed: true }) : undefined;
}

async function releaseOne(
  deps: EngineDeps,
  key: { plan: string; run: number; task: string },
  ordinal: number,
): Promise<StoredTask | undefined> {
  const dependent = await removeWait(deps.table, key, ordinal);
  if (dependent === undefined || dependent.waits.length > 0) return undefined;
  if (dependent.state.status === 'merged' && dependent.state.kind === 'join') return dependent;
  return makeReady(deps, dependent);
}

async function makeReady(
  deps: EngineDeps,
  dependent: StoredTask,
  options: { observed?: boolean } = {},
): Promise<StoredTask | undefined> {
  if (dependent.state.status !== 'pending') return undefined;
  const applied = await applyTask(
    deps,
    taskKeyOf(dependent.state),
    { type: 'dependencies_merged' },
    { actor: 'engine', loaded: dependent, hint: false, quiet: true, ...options },
  );
  return applied.kind === 'changed' ? applied.task : undefined;
}
