import type { TaskView } from '../../core/contract/task.ts';
import { formatCount, formatDuration, formatTokens, formatUsd } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import type { Column } from './layout/render-table.ts';
import { renderTable } from './layout/render-table.ts';
import { truncateText } from './layout/text.ts';
import { describeFlags } from './render-flags.ts';
import {
  computeTaskElapsedMs,
  describeTaskState,
  getTaskLook,
  renderTaskGlyph,
} from './task-state.ts';

/** Columns of the table of tasks; the first is the glyph of the status, and the column of attempts needs no header. */
export const TASK_COLUMNS: readonly Column[] = [
  { header: '' },
  { header: 'task', shrinks: true, minWidth: 20, maxWidth: 40 },
  { header: 'title', shrinks: true, minWidth: 10, maxWidth: 48 },
  { header: 'state', shrinks: true, minWidth: 9, maxWidth: 24 },
  { header: '' },
  { header: 'PR' },
  { header: 'time', align: 'right' },
  { header: 'tokens', align: 'right' },
  { header: 'cost', align: 'right' },
];

/** Minimum width of a view with titles. A narrower view still shows the ids, because commands need them. */
const MIN_WIDTH_FOR_TITLES = 88;

/** Options of the table of tasks. */
export type TaskTableOptions = {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Columns. */
  readonly width: number;
  /** Frame counter of a live view. */
  readonly tick?: number;
  /** Maximum number of rows; absent: no limit. */
  readonly maxTaskRows?: number;
};

/** Renders the tasks in groups, a group for each wave and one for the end nodes; below a task, its reason or question. */
export function renderTasks(tasks: readonly TaskView[], options: TaskTableOptions): Line[] {
  const visibleTasks = tasks.filter((task) => task.kind !== 'join').toSorted(compareByWave);
  const chosenTasks = chooseTasks(visibleTasks, options.maxTaskRows);
  const mergedIds = new Set(
    tasks.filter((task) => task.status === 'merged').map((task) => task.id),
  );
  if (chosenTasks.length === 0)
    return visibleTasks.length === 0 ? [] : [renderHiddenTasks(visibleTasks, chosenTasks)];
  const [head = [], ...rows] = renderTable(
    TASK_COLUMNS,
    chosenTasks.map((task) => renderTaskCells(task, options, (id) => mergedIds.has(id))),
    options.width,
    '  ',
  );
  const hasGroups = chosenTasks.length > 1;
  const lines: Line[] = [head];
  chosenTasks.forEach((task, index) => {
    const group = getGroupName(task);
    const previousTask = chosenTasks[index - 1];
    if (hasGroups && (previousTask === undefined || getGroupName(previousTask) !== group)) {
      lines.push([styleSpan('dim', group)]);
    }
    lines.push(rows[index] ?? [], ...renderNotes(task, options.width));
  });
  return chosenTasks.length === visibleTasks.length
    ? lines
    : [...lines, renderHiddenTasks(visibleTasks, chosenTasks)];
}

function compareByWave(a: TaskView, b: TaskView): number {
  return getGroupOrder(a) - getGroupOrder(b) || a.ordinal - b.ordinal;
}

function getGroupOrder(task: TaskView): number {
  return task.kind === 'end' ? Number.MAX_SAFE_INTEGER : task.wave;
}

function getGroupName(task: TaskView): string {
  return task.kind === 'end' ? 'end' : `wave ${task.wave}`;
}

function renderTaskCells(
  task: TaskView,
  options: TaskTableOptions,
  isMerged: (id: string) => boolean,
): Span[] {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const elapsed = computeTaskElapsedMs(task, options.now);
  const fullTitle = task.kind === 'end' ? 'All tasks together' : task.title;
  const title = options.width < MIN_WIDTH_FOR_TITLES ? '' : fullTitle;
  const state = styleSpan(
    getTaskLook(task.status).style,
    describeTaskState(task, options.now, isMerged),
  );
  const glyph = renderTaskGlyph(task.status, options.tick);
  if (task.status === 'pending')
    return [glyph, styleSpan('dim', task.id), styleSpan('dim', title), state];
  return [
    glyph,
    task.id,
    styleSpan('dim', title),
    state,
    task.attempt > 1 ? styleSpan('dim', `attempt ${task.attempt}`) : '',
    task.pullRequest === undefined ? '' : `#${task.pullRequest.number}`,
    elapsed === undefined ? '' : formatDuration(elapsed),
    tokens === 0 ? '' : styleSpan('dim', formatTokens(tokens)),
    tokens === 0 ? '' : styleSpan('dim', formatUsd(task.usage.usd)),
  ];
}

const EXPLAINED_STATUSES = new Set<TaskView['status']>([
  'blocked',
  'failed',
  'changes_requested',
  'awaiting_input',
]);

/** Renders the reason or the question of a task on one line, and its flags on another. `task show` prints the whole texts. */
function renderNotes(task: TaskView, width: number): Line[] {
  const notes: Line[] = [];
  const note = getNote(task);
  if (note !== undefined) {
    const style = getTaskLook(task.status).style;
    const text = truncateText(note.replace(/\s+/g, ' '), width - 8);
    notes.push(['    ', styleSpan(style, '└ '), styleSpan('dim', text)]);
  }
  if (task.flags !== undefined)
    notes.push([
      '    ',
      styleSpan('warn', '! '),
      truncateText(describeFlags(task.flags), width - 8),
    ]);
  return notes;
}

/** Returns the number of lines below the row of a task. */
function countNotes(task: TaskView): number {
  return (getNote(task) === undefined ? 0 : 1) + (task.flags === undefined ? 0 : 1);
}

function getNote(task: TaskView): string | undefined {
  if (task.status === 'awaiting_input' && task.question !== undefined) return task.question.text;
  if (task.reason === undefined || task.reason === '') return undefined;
  const isParked = task.parkedUntil !== undefined;
  return EXPLAINED_STATUSES.has(task.status) || isParked ? task.reason : undefined;
}

/** Chooses the tasks for the available rows: first tasks that need a person, then tasks in progress. */
function chooseTasks(tasks: readonly TaskView[], maxRows: number | undefined): TaskView[] {
  if (maxRows === undefined) return [...tasks];
  const groupCount = new Set(tasks.map(getGroupName)).size;
  const noteCount = tasks.reduce((sum, task) => sum + countNotes(task), 0);
  const headCount = tasks.length === 0 ? 0 : 1;
  if (tasks.length + groupCount + noteCount + headCount <= maxRows) return [...tasks];
  const rankedTasks = tasks.toSorted(
    (a, b) => getDisplayPriority(a) - getDisplayPriority(b) || b.changedAt - a.changedAt,
  );
  const chosenTasks: TaskView[] = [];
  const groups = new Set<string>();
  let remainingRows = maxRows - 1 - headCount;
  for (const task of rankedTasks) {
    remainingRows -= 1 + countNotes(task) + (groups.has(getGroupName(task)) ? 0 : 1);
    if (remainingRows < 0) break;
    groups.add(getGroupName(task));
    chosenTasks.push(task);
  }
  return chosenTasks.toSorted(compareByWave);
}

/** Returns the cells of every task in the table of tasks, without reasons and flags. */
export function listTaskCells(tasks: readonly TaskView[], now: number): Span[][] {
  const visibleTasks = tasks.filter((task) => task.kind !== 'join').toSorted(compareByWave);
  const isMerged = (id: string) => tasks.some((task) => task.id === id && task.status === 'merged');
  return visibleTasks.map((task) => {
    const width = Number.POSITIVE_INFINITY;
    const cells = renderTaskCells(task, { now, width }, isMerged);
    return TASK_COLUMNS.map((_column, index) => cells[index] ?? '');
  });
}

/** Order in which tasks get the available rows: lower numbers first. */
const DISPLAY_PRIORITY_BY_STATUS: Readonly<Record<TaskView['status'], number>> = {
  awaiting_input: 0,
  blocked: 0,
  failed: 0,
  in_review: 1,
  changes_requested: 1,
  merging: 2,
  working: 2,
  claimed: 2,
  pr_open: 2,
  ready: 3,
  merged: 4,
  pending: 5,
  cancelled: 6,
};

function getDisplayPriority(task: TaskView): number {
  return DISPLAY_PRIORITY_BY_STATUS[task.status];
}

function renderHiddenTasks(all: readonly TaskView[], chosenTasks: readonly TaskView[]): Line {
  const shownIds = new Set(chosenTasks.map((task) => task.id));
  const counts = new Map<string, number>();
  for (const task of all) {
    if (shownIds.has(task.id)) continue;
    const label = getTaskLook(task.status).label;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const parts = [...counts].map(([label, count]) => `${count.toLocaleString('en')} ${label}`);
  const hidden = formatCount(all.length - chosenTasks.length, 'more task');
  return [styleSpan('dim', `  … ${hidden}: ${parts.join(', ')}`)];
}
