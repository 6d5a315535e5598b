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

/** Transitions that gather on a task's item before they become one history item; every write copies the item into indexes. */
const MAX_RECENT_TRANSITIONS = 4;
/** Maximum size of the gathered transitions, which limits their number if reasons are long. */
const MAX_RECENT_TRANSITION_BYTES = 800;

/** A task with the attributes of its item. */
export type StoredTask = {
  readonly state: TaskState;
  readonly version: number;
  /** Ordinals of the dependencies that are not merged. A separate attribute, because only the release of dependents removes ordinals. */
  readonly unmergedDependencies: number[];
  /** Number of messages of people so far. */
  readonly messageCount: number;
  /** Transitions before the last one that are not in history items, oldest first. */
  readonly recentTransitions: TaskTransition[];
  /** Unique tag of the write that made this version. */
  readonly writeTag?: string;
  /** True after the dependents of a merged task were released. */
  readonly dependentsReleased: boolean;
  readonly dueAt?: number;
  /** Notices that may not be enqueued yet; the task stays due until all are enqueued. */
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

/** Lists all tasks of a run from the index, which may be late. The cost grows with the run. */
export async function listTasks(
  table: Table,
  { plan, run }: { readonly plan: string; readonly run: number },
): Promise<StoredTask[]> {
  const hash = formatRunChangesHash(plan, run);
  const items = listPages((after) => table.index('changes', hash, { limit: 1_000, after }));
  return Array.fromAsync(items, readTask);
}

/** Puts a new task at activation; returns false and changes nothing if the task exists. */
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

/** Parameters of a write. The unique `tag` lets a writer whose response was lost recognise its own version. */
export type TaskWrite = {
  readonly now: number;
  readonly dueAt: number | undefined;
  readonly tag: string;
  /** All notices that are not known to be enqueued; absent: none. */
  readonly notices?: readonly Notice[];
};

/**
 * Writes the next state over exactly the version read before; returns undefined if another write was first. Transitions gather on
 * the item and then become one history item before they leave the item, so none is lost and few writes need a second put.
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

/** Returns the transitions that are not in history items. A write without a transition of its own adds none. */
function collectRecentTransitions({
  state,
  version,
  recentTransitions,
}: StoredTask): TaskTransition[] {
  return state.last.version === version ? [...recentTransitions, state.last] : recentTransitions;
}

/** Puts gathered transitions as one history item. Every writer of this version gathers the same ones, so a repeat is harmless. */
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
  // No write adds dependencies, so an empty set stays empty.
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

/** Records that no work of this version is pending; the task is due again at `dueAt`, or never. Returns false if the task changed. */
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

/** Postpones the pending work of this version until `dueAt`. Returns false if the task changed. */
export async function postponeTask(
  table: Table,
  task: StoredTask,
  dueAt: number,
): Promise<boolean> {
  const next = keepDueForNotices(task, dueAt);
  return task.dueAt === next || writeTaskDue(table, task, next, {});
}

/** A task with pending notices stays due, so the next look enqueues them. */
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

/** Removes a merged dependency. The call is idempotent; returns undefined if the task does not exist. */
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
