import { listPages } from '../base/list-pages.ts';
import type { TaskKey } from '../contract/id.ts';
import type { Notice } from '../contract/notice.ts';
import type { Change, Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import type { TaskState, TaskTransition } from '../task-state/task-state.ts';
import { computeSlotRank, isSchedulable } from '../task-state/task-state.ts';
import { formatReadyTasksHash, formatRunChangesHash, KEY } from '../topology/table-keys.ts';
import {
  buildDueChange,
  decodeDocument,
  encodeDocument,
  readDueAt,
  readNumber,
  readNumberSet,
  readText,
} from './document.ts';
import { buildPendingNoticesChange, readPendingNotices } from './notice-store.ts';

/** How many transitions gather on an item, which is copied into three indexes, before they are put apart. */
const MAX_RECENT_TRANSITIONS = 4;
/** Fewer of them with long reasons. */
const MAX_RECENT_TRANSITION_BYTES = 800;

export type StoredTask = {
  readonly state: TaskState;
  readonly version: number;
  /** Ordinals of the dependencies that are not merged yet. Kept apart from the state: only fan-out takes from it. */
  readonly unmergedDependencies: number[];
  /** People's messages so far. */
  readonly messageCount: number;
  /** Transitions before the last that are not history items yet, oldest first. */
  readonly recentTransitions: TaskTransition[];
  /** Of the write that made this version. */
  readonly writeTag?: string;
  /** Its dependents have been told that it is merged. */
  readonly dependentsReleased: boolean;
  readonly dueAt?: number;
  /** Notices that are not known to be enqueued. The task stays due until they are. */
  readonly pendingNotices: Notice[];
};

export function toTaskKey(state: TaskKey): TaskKey {
  return { plan: state.plan, run: state.run, task: state.task };
}

export function readTask(item: Item): StoredTask {
  return {
    state: decodeDocument<TaskState>(item),
    version: readNumber(item, 'v'),
    unmergedDependencies: readNumberSet(item.waits),
    messageCount: readNumber(item, 'messages'),
    recentTransitions:
      item.past === undefined ? [] : decodeDocument<TaskTransition[]>(item, 'past'),
    writeTag: readText(item, 'tag'),
    dependentsReleased: item.released === true,
    dueAt: readDueAt(item),
    pendingNotices: readPendingNotices(item),
  };
}

export async function loadTask(table: Table, key: TaskKey): Promise<StoredTask | undefined> {
  const item = await table.get(KEY.task(key));
  return item === undefined ? undefined : readTask(item);
}

/** As the index has them, which may be late. Costs with the size of the run. */
export async function listTasks(
  table: Table,
  { plan, run }: { readonly plan: string; readonly run: number },
): Promise<StoredTask[]> {
  const hash = formatRunChangesHash(plan, run);
  const items = listPages((after) => table.index('changes', hash, { limit: 1_000, after }));
  return Array.fromAsync(items, readTask);
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
    doc: encodeDocument(state),
    status: state.status,
    waits: waits.length > 0 ? new Set(waits) : undefined,
    messages: 0,
    changeKey: formatRunChangesHash(state.plan, state.run),
    changedAt: state.last.at,
  };
  return table.put(item, ITEM_IS_ABSENT);
}

/** `tag` is unique: whoever did not hear what became of a write finds out whether the version that is there is its own. */
export type TaskWrite = {
  readonly now: number;
  readonly dueAt: number | undefined;
  readonly tag: string;
  /** All notices that are not known to be enqueued; absent: none. */
  readonly notices?: readonly Notice[];
};

/**
 * Writes the next state over exactly the version that was read; undefined: somebody else was first, nothing was written.
 * The transition that the item carried stays on it until a few have gathered; those become one history item before they are
 * taken off, so that none is ever lost and few writes have to wait for it.
 */
export async function saveTask(
  table: Table,
  before: StoredTask,
  next: TaskState,
  at: TaskWrite,
): Promise<StoredTask | undefined> {
  const gathered = collectRecentTransitions(before);
  const isFull =
    gathered.length >= MAX_RECENT_TRANSITIONS ||
    encodeDocument(gathered).length > MAX_RECENT_TRANSITION_BYTES;
  if (isFull) await putTaskHistory(table, before.state, gathered);
  const change = buildTaskChange(before, next, at, isFull ? [] : gathered);
  const item = await table.update(KEY.task(next), change, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readTask(item);
}

/** All transitions of an item but those that are history already; a write without a transition of its own adds none. */
function collectRecentTransitions({
  state,
  version,
  recentTransitions,
}: StoredTask): TaskTransition[] {
  return state.last.version === version ? [...recentTransitions, state.last] : recentTransitions;
}

/** Whoever writes over this version gathers the same ones, so that doing it twice puts the same item. */
async function putTaskHistory(
  table: Table,
  key: TaskKey,
  gathered: readonly TaskTransition[],
): Promise<void> {
  const first = gathered[0];
  if (first === undefined) return;
  await table.put(
    { ...KEY.taskHistory(key, first.version), doc: encodeDocument(gathered) },
    ITEM_IS_ABSENT,
  );
}

function buildTaskChange(
  before: StoredTask,
  next: TaskState,
  at: TaskWrite,
  past: readonly TaskTransition[],
): Change {
  const set: Record<string, string | number> = {
    v: before.version + 1,
    doc: encodeDocument(next),
    status: next.status,
    changedAt: at.now,
    tag: at.tag,
  };
  const remove: string[] = [];
  // Nobody adds to it: what was seen empty, or about to be, is empty.
  if (before.unmergedDependencies.length === 0) remove.push('waits');
  if (next.status !== 'merged') remove.push('released');
  if (past.length === 0) remove.push('past');
  else set.past = encodeDocument(past);
  if (isSchedulable(next)) {
    set.readyKey = formatReadyTasksHash(next.plan, next.run);
    set.rank = computeSlotRank(next);
  } else remove.push('readyKey', 'rank');
  const due = buildDueChange(at.dueAt, next.task + next.plan);
  const notices = buildPendingNoticesChange(at.notices ?? []);
  return {
    set: { ...set, ...due.set, ...notices.set },
    remove: [...remove, ...due.remove, ...notices.remove],
  };
}

/** Everything that the state of this version owed is done: the next look is at `dueAt`, or never. False: it has moved on. */
export async function markTaskReconciled(
  table: Table,
  task: StoredTask,
  dueAt: number | undefined,
): Promise<boolean> {
  const releases = task.state.status === 'merged' && !task.dependentsReleased;
  const next = keepDueForNotices(task, dueAt);
  if (task.dueAt === next && !releases) return true;
  return writeTaskDue(table, task, next, releases ? { released: true } : {});
}

/** What the state of this version owes is tried again then. False: it has moved on. */
export async function postponeTask(
  table: Table,
  task: StoredTask,
  dueAt: number,
): Promise<boolean> {
  const next = keepDueForNotices(task, dueAt);
  return task.dueAt === next || writeTaskDue(table, task, next, {});
}

/** A task with pending notices stays due, so that the next look enqueues them. */
function keepDueForNotices(task: StoredTask, dueAt: number | undefined): number | undefined {
  return task.pendingNotices.length > 0 ? task.dueAt : dueAt;
}

/** Records that the pending notices of this version are enqueued. Undefined: another write was first. */
export async function clearTaskNotices(
  table: Table,
  { state, version }: StoredTask,
  dueAt: number | undefined,
): Promise<StoredTask | undefined> {
  const due = buildDueChange(dueAt, state.task + state.plan);
  const item = await table.update(
    KEY.task(state),
    { set: due.set, remove: [...due.remove, 'notices'] },
    [
      { attribute: 'v', equals: version },
      { attribute: 'notices', is: 'present' },
    ],
  );
  return item === undefined ? undefined : readTask(item);
}

async function writeTaskDue(
  table: Table,
  task: StoredTask,
  dueAt: number | undefined,
  set: Change['set'],
): Promise<boolean> {
  const { state, version } = task;
  const due = buildDueChange(dueAt, state.task + state.plan);
  const change = { set: { ...set, ...due.set }, remove: due.remove };
  const item = await table.update(KEY.task(state), change, [{ attribute: 'v', equals: version }]);
  return item !== undefined;
}

/** Takes a merged dependency off; undefined when there is no such task. Doing it twice is harmless. */
export async function removeUnmergedDependency(
  table: Table,
  key: TaskKey,
  ordinal: number,
): Promise<StoredTask | undefined> {
  const item = await table.update(
    KEY.task(key),
    { deleteFromSet: { waits: new Set([ordinal]) } },
    ITEM_IS_PRESENT,
  );
  return item === undefined ? undefined : readTask(item);
}

export async function recordMessageCount(table: Table, key: TaskKey, n: number): Promise<void> {
  await table.update(KEY.task(key), { set: { messages: n } }, [
    { attribute: 'pk', is: 'present' },
    { attribute: 'messages', below: n },
  ]);
}
