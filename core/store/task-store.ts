import type { TaskKey } from '../contract/id.ts';
import type { Change, Item, Table } from '../port/table.ts';
import { isSchedulable, slotRank, type TaskState, type Transition } from '../task/state.ts';
import { decode, encode, numberOf, numbersOf, textOf } from './document.ts';
import { dueShard, KEY, readyTasks, runChanges } from './key.ts';

/** How many transitions gather on an item, which is copied into three indexes, before they are put apart. */
const PAST_PER_ITEM = 4;
/** Fewer of them with long reasons. */
const MAX_PAST_BYTES = 800;

export type StoredTask = {
  state: TaskState;
  version: number;
  /** Ordinals of the dependencies that are not merged yet. Kept apart from the state: only fan-out takes from it. */
  waits: number[];
  /** People's messages so far. */
  messages: number;
  /** Transitions before the last that are not history items yet, oldest first. */
  past: Transition[];
  /** Of the write that made this version. */
  tag?: string;
  /** Its dependents have been told that it is merged. */
  released: boolean;
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
    past: item.past === undefined ? [] : decode<Transition[]>(item, 'past'),
    tag: textOf(item, 'tag'),
    released: item.released === true,
    dueAt: dueAt < 0 ? undefined : dueAt,
  };
}

export async function loadTask(table: Table, key: TaskKey): Promise<StoredTask | undefined> {
  const item = await table.get(KEY.task(key));
  return item === undefined ? undefined : readTask(item);
}

/** As the index has them, which may be late. Costs with the size of the run. */
export async function listTasks(
  table: Table,
  { plan, run }: { plan: string; run: number },
): Promise<StoredTask[]> {
  const tasks: StoredTask[] = [];
  let after: string | undefined;
  do {
    const page = await table.index('changes', runChanges(plan, run), { limit: 1_000, after });
    tasks.push(...page.items.map(readTask));
    after = page.next;
  } while (after !== undefined);
  return tasks;
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

/** `tag` is unique: whoever did not hear what became of a write finds out whether the version that is there is its own. */
export type Write = { now: number; dueAt: number | undefined; tag: string };

/**
 * Writes the next state over exactly the version that was read; undefined: somebody else was first, nothing was written.
 * The transition that the item carried stays on it until a few have gathered; those become one history item before they are
 * taken off, so that none is ever lost and few writes have to wait for it.
 */
export async function saveTask(
  table: Table,
  before: StoredTask,
  next: TaskState,
  at: Write,
): Promise<StoredTask | undefined> {
  const gathered = pastOf(before);
  const isFull = gathered.length >= PAST_PER_ITEM || encode(gathered).length > MAX_PAST_BYTES;
  if (isFull) await keepHistory(table, before.state, gathered);
  const change = taskChange(before, next, at, isFull ? [] : gathered);
  const item = await table.update(KEY.task(next), change, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readTask(item);
}

/** All transitions of an item but those that are history already; a write without a transition of its own adds none. */
function pastOf({ state, version, past }: StoredTask): Transition[] {
  return state.last.version === version ? [...past, state.last] : past;
}

/** Whoever writes over this version gathers the same ones, so that doing it twice puts the same item. */
async function keepHistory(
  table: Table,
  key: TaskKey,
  gathered: readonly Transition[],
): Promise<void> {
  const first = gathered[0];
  if (first === undefined) return;
  await table.put({ ...KEY.taskHistory(key, first.version), doc: encode(gathered) }, [
    { attribute: 'pk', is: 'absent' },
  ]);
}

function taskChange(
  before: StoredTask,
  next: TaskState,
  at: Write,
  past: readonly Transition[],
): Change {
  const set: Record<string, string | number> = {
    v: before.version + 1,
    doc: encode(next),
    status: next.status,
    changedAt: at.now,
    tag: at.tag,
  };
  const remove: string[] = [];
  // Nobody adds to it: what was seen empty, or about to be, is empty.
  if (before.waits.length === 0) remove.push('waits');
  if (next.status !== 'merged') remove.push('released');
  if (past.length === 0) remove.push('past');
  else set.past = encode(past);
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
  const releases = task.state.status === 'merged' && !task.released;
  if (task.dueAt === dueAt && !releases) return true;
  return writeDue(table, task, dueAt, releases ? { released: true } : {});
}

/** What the state of this version owes is tried again then. False: it has moved on. */
export async function postponeTask(
  table: Table,
  task: StoredTask,
  dueAt: number,
): Promise<boolean> {
  return task.dueAt === dueAt || writeDue(table, task, dueAt, {});
}

async function writeDue(
  table: Table,
  task: StoredTask,
  dueAt: number | undefined,
  set: Change['set'],
): Promise<boolean> {
  const { state, version } = task;
  const change: Change =
    dueAt === undefined
      ? { set, remove: ['dueAt', 'dueShard'] }
      : { set: { ...set, dueAt, dueShard: dueShard(state.task + state.plan) } };
  const item = await table.update(KEY.task(state), change, [{ attribute: 'v', equals: version }]);
  return item !== undefined;
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
