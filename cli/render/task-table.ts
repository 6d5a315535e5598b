import type { TaskView } from '../../core/contract/task.ts';
import { formatDuration, formatTokens, formatUsd, plural } from './figures.ts';
import type { Line, Span } from './line.ts';
import { styled } from './line.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';
import { taskElapsedMs, taskGlyph, taskLook, taskStateText } from './task-state.ts';
import { truncate } from './text.ts';

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
const TITLES_FROM = 88;

export type TaskTableOptions = {
  readonly now: number;
  readonly width: number;
  readonly tick?: number;
  readonly maxTaskRows?: number;
};

/** Tasks by wave: glyph, id, title, state, attempt, PR, time, tokens, cost; reasons and questions beneath. */
export function renderTasks(tasks: readonly TaskView[], options: TaskTableOptions): Line[] {
  const visible = tasks.filter((task) => task.kind !== 'join').toSorted(byWave);
  const chosen = chooseTasks(visible, options.maxTaskRows);
  const merged = new Set(tasks.filter((task) => task.status === 'merged').map((task) => task.id));
  const rows = renderTable(
    COLUMNS,
    chosen.map((task) => taskCells(task, options, (id) => merged.has(id))),
    options.width,
    '  ',
  );
  const grouped = chosen.length > 1;
  const lines: Line[] = [];
  chosen.forEach((task, index) => {
    const group = groupName(task);
    const before = chosen[index - 1];
    if (grouped && (before === undefined || groupName(before) !== group)) {
      lines.push([styled('dim', group)]);
    }
    lines.push(rows[index] ?? [], ...noteLines(task, options.width));
  });
  return chosen.length === visible.length ? lines : [...lines, restLine(visible, chosen)];
}

function byWave(a: TaskView, b: TaskView): number {
  return groupOrder(a) - groupOrder(b) || a.ordinal - b.ordinal;
}

function groupOrder(task: TaskView): number {
  return task.kind === 'end' ? Number.MAX_SAFE_INTEGER : task.wave;
}

function groupName(task: TaskView): string {
  return task.kind === 'end' ? 'whole' : `wave ${task.wave}`;
}

function taskCells(
  task: TaskView,
  options: TaskTableOptions,
  isMerged: (id: string) => boolean,
): Span[] {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const elapsed = taskElapsedMs(task, options.now);
  const whole = task.kind === 'end' ? 'Everything together' : task.title;
  const title = options.width < TITLES_FROM ? '' : whole;
  const state = styled(taskLook(task.status).style, taskStateText(task, options.now, isMerged));
  const glyph = taskGlyph(task.status, options.tick);
  if (task.status === 'pending')
    return [glyph, styled('dim', task.id), styled('dim', title), state];
  return [
    glyph,
    task.id,
    styled('dim', title),
    state,
    task.attempt > 1 ? styled('dim', `try ${task.attempt}`) : '',
    task.pullRequest === undefined ? '' : `#${task.pullRequest.number}`,
    elapsed === undefined ? '' : formatDuration(elapsed),
    tokens === 0 ? '' : styled('dim', formatTokens(tokens)),
    tokens === 0 ? '' : styled('dim', formatUsd(task.usage.usd)),
  ];
}

const EXPLAINED = new Set<TaskView['status']>([
  'blocked',
  'failed',
  'changes_requested',
  'awaiting_input',
]);

/** Why it stands, or what it asks: one line, in full under `task show`. */
function noteLines(task: TaskView, width: number): Line[] {
  const note = noteText(task);
  if (note === undefined) return [];
  const style = taskLook(task.status).style;
  const text = truncate(note.replace(/\s+/g, ' '), width - 8);
  return [['    ', styled(style, '└ '), styled('dim', text)]];
}

function noteText(task: TaskView): string | undefined {
  if (task.status === 'awaiting_input' && task.question !== undefined) return task.question.text;
  if (task.reason === undefined || task.reason === '') return undefined;
  const isParked = task.parkedUntil !== undefined;
  return EXPLAINED.has(task.status) || isParked ? task.reason : undefined;
}

/** The tasks a person wants to see first, when not all have room: those that need something, then those that move. */
function chooseTasks(tasks: readonly TaskView[], maxRows: number | undefined): TaskView[] {
  if (maxRows === undefined) return [...tasks];
  const heads = new Set(tasks.map(groupName)).size;
  const notes = tasks.filter((task) => noteText(task) !== undefined).length;
  if (tasks.length + heads + notes <= maxRows) return [...tasks];
  const ranked = tasks.toSorted((a, b) => interest(a) - interest(b) || b.changedAt - a.changedAt);
  const chosen: TaskView[] = [];
  const groups = new Set<string>();
  let room = maxRows - 1;
  for (const task of ranked) {
    room -= 1 + (noteText(task) === undefined ? 0 : 1) + (groups.has(groupName(task)) ? 0 : 1);
    if (room < 0) break;
    groups.add(groupName(task));
    chosen.push(task);
  }
  return chosen.toSorted(byWave);
}

const INTEREST: Readonly<Record<TaskView['status'], number>> = {
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

function interest(task: TaskView): number {
  return INTEREST[task.status];
}

function restLine(all: readonly TaskView[], chosen: readonly TaskView[]): Line {
  const shown = new Set(chosen.map((task) => task.id));
  const counts = new Map<string, number>();
  for (const task of all) {
    if (shown.has(task.id)) continue;
    const label = taskLook(task.status).label;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const parts = [...counts].map(([label, count]) => `${count.toLocaleString('en')} ${label}`);
  const hidden = plural(all.length - chosen.length, 'more task');
  return [styled('dim', `  … ${hidden}: ${parts.join(', ')}`)];
}
