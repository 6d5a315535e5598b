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
  buildPendingNoticesChange,
  decodeDocument,
  encodeDocument,
  readDueAt,
  readNumber,
  readNumberSet,
  readPendingNotices,
  readText,
} from './document.ts';

/**
 * Maximum number of recent transitions in the item of a task, because every write copies the item into indexes. A full list moves to a
 * history item.
 */
const MAX_RECENT_TRANSITIONS = 4;
/** Maximum size of the recent transitions, characters of JSON. */
const MAX_RECENT_TRANSITION_CHARS = 800;

/** A task with the attributes of its item. */
export type StoredTask = {
  readonly state: TaskState;
  readonly version: number;
  /** Ordinals of the unmerged dependencies. The merge of a dependency removes its ordinal, without a new version of the task. */
  readonly unmergedDependencies: number[];
  /** Number of messages of people so far. */
  readonly messageCount: number;
  /** Transitions before `state.last` without a history item, oldest first. */
  readonly recentTransitions: TaskTransition[];
  /** Unique tag of the write of this version. */
  readonly writeTag?: string;
  /** True after the dependents of a merged task were released. */
  readonly dependentsReleased: boolean;
  readonly dueAt?: number;
  /** Notices to enqueue; the task stays due until all are enqueued. */
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

/** Lists all tasks of a run from an index, which may lag behind. The cost grows with the number of tasks. */
export async function listTasks(
  table: Table,
  { plan, run }: { readonly plan: string; readonly run: number },
): Promise<StoredTask[]> {
  const hash = formatRunChangesHash(plan, run);
  const items = listPages((after) => table.queryIndex('changes', hash, { limit: 1_000, after }));
  return Array.fromAsync(items, readTask);
}

/** Puts a new task with the ordinals of its dependencies; returns false and changes nothing if the task exists. */
export async function putNewTask(
  table: Table,
  state: TaskState,
  dependencies: readonly number[],
): Promise<boolean> {
  const item: Item = {
    ...KEY.task(state),
    v: 1,
    doc: encodeDocument(state),
    status: state.status,
    waits: dependencies.length > 0 ? new Set(dependencies) : undefined,
    messages: 0,
    changeKey: formatRunChangesHash(state.plan, state.run),
    changedAt: state.last.at,
  };
  return table.put(item, ITEM_IS_ABSENT);
}

/**
 * Parameters of a write. Times are epoch milliseconds. By the unique `tag`, a writer recognises its own version after a lost
 * response.
 */
export type TaskWrite = {
  readonly now: number;
  readonly dueAt: number | undefined;
  readonly tag: string;
  /** Replaces the pending notices; default none. */
  readonly notices?: readonly Notice[];
};

/**
 * Writes the next state over exactly the version read before; returns undefined if another write was first. Recent transitions
 * stay in the item. A full list becomes a history item before the write, so no transition is lost and most writes need no second put.
 */
export async function saveTask(
  table: Table,
  before: StoredTask,
  next: TaskState,
  write: TaskWrite,
): Promise<StoredTask | undefined> {
  const recent = collectRecentTransitions(before);
  const isFull =
    recent.length >= MAX_RECENT_TRANSITIONS ||
    encodeDocument(recent).length > MAX_RECENT_TRANSITION_CHARS;
  if (isFull) await putTaskHistory(table, before.state, recent);
  const change = buildTaskChange(before, next, write, isFull ? [] : recent);
  const item = await table.update(KEY.task(next), change, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readTask(item);
}

/** Returns the transitions without a history item; a version without a transition adds none. */
function collectRecentTransitions({
  state,
  version,
  recentTransitions,
}: StoredTask): TaskTransition[] {
  return state.last.version === version ? [...recentTransitions, state.last] : recentTransitions;
}

/** Puts transitions as a history item. Concurrent writers of a version put the same transitions, so the repeat changes nothing. */
async function putTaskHistory(
  table: Table,
  key: TaskKey,
  transitions: readonly TaskTransition[],
): Promise<void> {
  const first = transitions[0];
  if (first === undefined) return;
  await table.put(
    { ...KEY.taskHistory(key, first.version), doc: encodeDocument(transitions) },
    ITEM_IS_ABSENT,
  );
}

function buildTaskChange(
  before: StoredTask,
  next: TaskState,
  write: TaskWrite,
  recent: readonly TaskTransition[],
): Change {
  const set: Record<string, string | number> = {
    v: before.version + 1,
    doc: encodeDocument(next),
    status: next.status,
    changedAt: write.now,
    tag: write.tag,
  };
  const remove: string[] = [];
  // No write adds dependencies, so an empty set stays empty.
  if (before.unmergedDependencies.length === 0) remove.push('waits');
  if (next.status !== 'merged') remove.push('released');
  if (recent.length === 0) remove.push('past');
  else set.past = encodeDocument(recent);
  if (isSchedulable(next)) {
    set.readyKey = formatReadyTasksHash(next.plan, next.run);
    set.rank = computeSlotRank(next);
  } else remove.push('readyKey', 'rank');
  const due = buildDueChange(write.dueAt, next.task + next.plan);
  const notices = buildPendingNoticesChange(write.notices ?? []);
  return {
    set: { ...set, ...due.set, ...notices.set },
    remove: [...remove, ...due.remove, ...notices.remove],
  };
}

/** Records the reconciled version: the task is due at `dueAt`, or never. Returns false if another write was first. */
export async function markTaskReconciled(
  table: Table,
  task: StoredTask,
  dueAt: number | undefined,
): Promise<boolean> {
  const recordsRelease = task.state.status === 'merged' && !task.dependentsReleased;
  const nextDueAt = keepDueForNotices(task, dueAt);
  if (task.dueAt === nextDueAt && !recordsRelease) return true;
  return writeTaskDue(table, task, nextDueAt, recordsRelease ? { released: true } : {});
}

/** Postpones the pending work of this version until `dueAt`. Returns false if another write was first. */
export async function postponeTask(
  table: Table,
  task: StoredTask,
  dueAt: number,
): Promise<boolean> {
  const nextDueAt = keepDueForNotices(task, dueAt);
  return task.dueAt === nextDueAt || writeTaskDue(table, task, nextDueAt, {});
}

/** Keeps the due time of a task with pending notices, so the next reconcile enqueues the notices. */
function keepDueForNotices(task: StoredTask, dueAt: number | undefined): number | undefined {
  return task.pendingNotices.length > 0 ? task.dueAt : dueAt;
}

/** Removes the pending notices after all are enqueued; returns undefined if another write was first. */
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

/** Removes a merged dependency from the set of unmerged dependencies. Idempotent; returns undefined if the task does not exist. */
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

/** Raises the number of messages to `n`; a lower number changes nothing. */
export async function recordMessageCount(table: Table, key: TaskKey, n: number): Promise<void> {
  await table.update(KEY.task(key), { set: { messages: n } }, [
    { attribute: 'pk', is: 'present' },
    { attribute: 'messages', below: n },
  ]);
}
