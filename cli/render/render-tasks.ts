import type { TaskView } from '../../core/contract/task.ts';
import { formatCount, formatDuration, formatTokens, formatUsd } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import type { Column } from './layout/render-table.ts';
import { renderTable } from './layout/render-table.ts';
import { truncateText } from './layout/text.ts';
import {
  computeTaskElapsedMs,
  describeTaskState,
  getTaskLook,
  renderTaskGlyph,
} from './task-state.ts';

const COLUMNS: readonly Column[] = [
  { header: '' },
  { header: '', shrinks: true, min: 20, max: 40 },
  { header: '', shrinks: true, min: 10, max: 48 },
  { header: '', shrinks: true, min: 9, max: 24 },
  { header: '' },
  { header: '' },
  { header: '', align: 'right' },
  { header: '', align: 'right' },
  { header: '', align: 'right' },
];

/** In a narrower window ids must do: commands are typed with them. */
const MIN_WIDTH_FOR_TITLES = 88;

export type TaskTableOptions = {
  readonly now: number;
  readonly width: number;
  readonly tick?: number;
  readonly maxTaskRows?: number;
};

/** Tasks by wave: glyph, id, title, state, attempt, PR, time, tokens, cost; reasons and questions beneath. */
export function renderTasks(tasks: readonly TaskView[], options: TaskTableOptions): Line[] {
  const visible = tasks.filter((task) => task.kind !== 'join').toSorted(compareByWave);
  const chosen = chooseTasks(visible, options.maxTaskRows);
  const merged = new Set(tasks.filter((task) => task.status === 'merged').map((task) => task.id));
  const rows = renderTable(
    COLUMNS,
    chosen.map((task) => renderTaskCells(task, options, (id) => merged.has(id))),
    options.width,
    '  ',
  );
  const grouped = chosen.length > 1;
  const lines: Line[] = [];
  chosen.forEach((task, index) => {
    const group = getGroupName(task);
    const before = chosen[index - 1];
    if (grouped && (before === undefined || getGroupName(before) !== group)) {
      lines.push([styleSpan('dim', group)]);
    }
    lines.push(rows[index] ?? [], ...renderNote(task, options.width));
  });
  return chosen.length === visible.length ? lines : [...lines, renderHiddenTasks(visible, chosen)];
}

function compareByWave(a: TaskView, b: TaskView): number {
  return getGroupOrder(a) - getGroupOrder(b) || a.ordinal - b.ordinal;
}

function getGroupOrder(task: TaskView): number {
  return task.kind === 'end' ? Number.MAX_SAFE_INTEGER : task.wave;
}

function getGroupName(task: TaskView): string {
  return task.kind === 'end' ? 'whole' : `wave ${task.wave}`;
}

function renderTaskCells(
  task: TaskView,
  options: TaskTableOptions,
  isMerged: (id: string) => boolean,
): Span[] {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const elapsed = computeTaskElapsedMs(task, options.now);
  const whole = task.kind === 'end' ? 'Everything together' : task.title;
  const title = options.width < MIN_WIDTH_FOR_TITLES ? '' : whole;
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
    task.attempt > 1 ? styleSpan('dim', `try ${task.attempt}`) : '',
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

/** Why it stands, or what it asks: one line, in full under `task show`. */
function renderNote(task: TaskView, width: number): Line[] {
  const note = getNote(task);
  if (note === undefined) return [];
  const style = getTaskLook(task.status).style;
  const text = truncateText(note.replace(/\s+/g, ' '), width - 8);
  return [['    ', styleSpan(style, '└ '), styleSpan('dim', text)]];
}

function getNote(task: TaskView): string | undefined {
  if (task.status === 'awaiting_input' && task.question !== undefined) return task.question.text;
  if (task.reason === undefined || task.reason === '') return undefined;
  const isParked = task.parkedUntil !== undefined;
  return EXPLAINED_STATUSES.has(task.status) || isParked ? task.reason : undefined;
}

/** The tasks a person wants to see first, when not all have room: those that need something, then those that move. */
function chooseTasks(tasks: readonly TaskView[], maxRows: number | undefined): TaskView[] {
  if (maxRows === undefined) return [...tasks];
  const heads = new Set(tasks.map(getGroupName)).size;
  const notes = tasks.filter((task) => getNote(task) !== undefined).length;
  if (tasks.length + heads + notes <= maxRows) return [...tasks];
  const ranked = tasks.toSorted(
    (a, b) => getInterest(a) - getInterest(b) || b.changedAt - a.changedAt,
  );
  const chosen: TaskView[] = [];
  const groups = new Set<string>();
  let room = maxRows - 1;
  for (const task of ranked) {
    room -= 1 + (getNote(task) === undefined ? 0 : 1) + (groups.has(getGroupName(task)) ? 0 : 1);
    if (room < 0) break;
    groups.add(getGroupName(task));
    chosen.push(task);
  }
  return chosen.toSorted(compareByWave);
}

const INTEREST_BY_STATUS: Readonly<Record<TaskView['status'], number>> = {
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

function getInterest(task: TaskView): number {
  return INTEREST_BY_STATUS[task.status];
}

function renderHiddenTasks(all: readonly TaskView[], chosen: readonly TaskView[]): Line {
  const shown = new Set(chosen.map((task) => task.id));
  const counts = new Map<string, number>();
  for (const task of all) {
    if (shown.has(task.id)) continue;
    const label = getTaskLook(task.status).label;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const parts = [...counts].map(([label, count]) => `${count.toLocaleString('en')} ${label}`);
  const hidden = formatCount(all.length - chosen.length, 'more task');
  return [styleSpan('dim', `  … ${hidden}: ${parts.join(', ')}`)];
}
