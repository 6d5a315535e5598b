import type { QueueMessage } from '../../contract/queue.ts';
import { loadDependents } from '../../store/task-detail.ts';
import { removeWait, type StoredTask, settleTask, taskKeyOf } from '../../store/task-store.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { inParallel } from '../in-parallel.ts';

const CONCURRENCY = 16;

/**
 * Tells every dependent that this task is merged. Taking a dependency off and making the task ready are two writes; a crash
 * between them is healed by doing both again, since the emptied set stays empty.
 */
export async function fanOut(deps: EngineDeps, merged: StoredTask): Promise<void> {
  const released = await release(deps, merged);
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
async function release(deps: EngineDeps, merged: StoredTask): Promise<StoredTask[]> {
  const ready: StoredTask[] = [];
  const open: StoredTask[] = [merged];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const key = taskKeyOf(node.state);
    const ordinal = node.state.ordinal;
    const dependents = await loadDependents(deps.table, key);
    const moved = await inParallel(dependents, CONCURRENCY, (task) =>
      releaseOne(deps, { ...key, task }, ordinal),
    );
    for (const task of moved) {
      if (task === undefined) continue;
      if (task.state.status === 'merged') open.push(task);
      else ready.push(task);
    }
    if (node !== merged) await settleTask(deps.table, node, undefined);
  }
  return ready;
}

async function releaseOne(
  deps: EngineDeps,
  key: { plan: string; run: number; task: string },
  ordinal: number,
): Promise<StoredTask | undefined> {
  const dependent = await removeWait(deps.table, key, ordinal);
  if (dependent === undefined || dependent.waits.length > 0) return undefined;
  if (dependent.state.status === 'merged' && dependent.state.kind === 'join') return dependent;
  if (dependent.state.status !== 'pending') return undefined;
  const applied = await applyTask(
    deps,
    key,
    { type: 'dependencies_merged' },
    { actor: 'engine', loaded: dependent, hint: false, quiet: true },
  );
  return applied.kind === 'changed' ? applied.task : undefined;
}
