import type { TaskKey } from '../contract/id.ts';
import type { Change, Item, Table } from '../port/table.ts';
import { isSchedulable, slotRank, type TaskState } from '../task/state.ts';
import { decode, encode, numberOf, numbersOf } from './document.ts';
import { dueShard, KEY, readyTasks, runChanges } from './key.ts';

export type StoredTask = {
  state: TaskState;
  version: number;
  /** Ordinals of the dependencies that are not merged yet. Kept apart from the state: only fan-out takes from it. */
  waits: number[];
  /** People's messages so far. */
  messages: number;
  dueAt?: number;
};

export function taskKeyOf(state: TaskKey): TaskKey {
  return { plan: state.plan, run: state.run, task: state.task };
}

export function readTask(item: Item): StoredTask {
  const dueAt = numberOf(item, 'dueAt', -1);
  return {
    state: decode<TaskState>(item),
    version: numberOf(item, 'v'),
    waits: numbersOf(item.waits),
    messages: numberOf(item, 'messages'),
    dueAt: dueAt < 0 ? undefined : dueAt,
  };
}

export async function loadTask(table: Table, key: TaskKey): Promise<StoredTask | undefined> {
  const item = await table.get(KEY.task(key));
  return item === undefined ? undefined : readTask(item);
}

/** Written once, at activation; what is there already is left as it is. */
export async function putNewTask(
  table: Table,
  state: TaskState,
  waits: readonly number[],
): Promise<boolean> {
  const item: Item = {
    ...KEY.task(state),
    v: 1,
    doc: encode(state),
    status: state.status,
    waits: waits.length > 0 ? new Set(waits) : undefined,
    messages: 0,
    changeKey: runChanges(state.plan, state.run),
    changedAt: state.last.at,
  };
  return table.put(item, [{ attribute: 'pk', is: 'absent' }]);
}

/**
 * Writes the next state over exactly the version that was read; false: somebody else was first, nothing was written.
 * The transition that the item carried becomes a history item before, so that none is ever lost.
 */
export async function saveTask(
  table: Table,
  before: StoredTask,
  next: TaskState,
  at: { now: number; dueAt: number | undefined },
): Promise<boolean> {
  await keepHistory(table, before);
  const change = taskChange(before.version + 1, next, at);
  const item = await table.update(KEY.task(next), change, [
    { attribute: 'v', equals: before.version },
  ]);
  return item !== undefined;
}

async function keepHistory(table: Table, before: StoredTask): Promise<void> {
  const last = before.state.last;
  if (last.version !== before.version) return;
  await table.put({ ...KEY.taskHistory(before.state, last.version), doc: encode(last) }, [
    { attribute: 'pk', is: 'absent' },
  ]);
}

function taskChange(
  version: number,
  next: TaskState,
  at: { now: number; dueAt: number | undefined },
): Change {
  const set: Record<string, string | number> = {
    v: version,
    doc: encode(next),
    status: next.status,
    changedAt: at.now,
  };
  const remove: string[] = [];
  if (isSchedulable(next)) {
    set.readyKey = readyTasks(next.plan, next.run);
    set.rank = slotRank(next);
  } else remove.push('readyKey', 'rank');
  if (at.dueAt === undefined) remove.push('dueAt', 'dueShard');
  else {
    set.dueAt = at.dueAt;
    set.dueShard = dueShard(next.task + next.plan);
  }
  return { set, remove };
}

/** Everything that the state of this version owed is done: the next look is at `dueAt`, or never. False: it has moved on. */
export async function settleTask(
  table: Table,
  task: StoredTask,
  dueAt: number | undefined,
): Promise<boolean> {
  if (task.dueAt === dueAt) return true;
  const change: Change =
    dueAt === undefined
      ? { remove: ['dueAt', 'dueShard'] }
      : { set: { dueAt, dueShard: dueShard(task.state.task + task.state.plan) } };
  return (
    (await table.update(KEY.task(task.state), change, [
      { attribute: 'v', equals: task.version },
    ])) !== undefined
  );
}

/** Takes a merged dependency off; undefined when there is no such task. Doing it twice is harmless. */
export async function removeWait(
  table: Table,
  key: TaskKey,
  ordinal: number,
): Promise<StoredTask | undefined> {
  const item = await table.update(KEY.task(key), { deleteFromSet: { waits: new Set([ordinal]) } }, [
    { attribute: 'pk', is: 'present' },
  ]);
  return item === undefined ? undefined : readTask(item);
}

export async function countMessage(table: Table, key: TaskKey, n: number): Promise<void> {
  await table.update(KEY.task(key), { set: { messages: n } }, [
    { attribute: 'pk', is: 'present' },
    { attribute: 'messages', below: n },
  ]);
}
