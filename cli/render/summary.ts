import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import { formatDuration, formatTokens, formatUsd, plural } from './figures.ts';
import type { Line, Span } from './line.ts';
import { styled } from './line.ts';
import { renderPulls } from './plan-parts.ts';
import { joinSections } from './plan-view.ts';
import { summaryFigures } from './summary-figures.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';
import { planStatusSpan, taskGlyph } from './task-state.ts';
import { wrap } from './text.ts';

const MAX_BAR = 34;
/** What stands beside the bars at least. */
const BESIDE_BARS = 64;
const COLUMNS: readonly Column[] = [
  { header: '' },
  { header: '', shrinks: true, min: 10, max: 30 },
  { header: '' },
  { header: 'time', align: 'right' },
  { header: 'tries', align: 'right' },
  { header: 'tokens', align: 'right' },
  { header: 'cost', align: 'right' },
  { header: 'PR', align: 'right' },
];

export type SummaryOptions = { readonly now?: number; readonly width?: number };

/**
 * What a plan took: each task on the common time line (heavy bars are the critical path), the makespan over it, tokens,
 * cost, pull requests. `tasks` are all nodes of the run, `join` and `end` among them.
 */
export function renderSummary(
  plan: PlanView,
  tasks: readonly TaskView[],
  options: SummaryOptions = {},
): Line[] {
  const now = options.now ?? plan.finishedAt ?? plan.changedAt;
  const width = options.width ?? 100;
  const figures = summaryFigures(plan, tasks, now);
  const head: Line = [
    styled('bold', plan.title),
    ' · ',
    planStatusSpan(plan),
    styled('dim', ` in ${formatDuration((plan.finishedAt ?? now) - plan.createdAt)}`),
  ];
  return joinSections([
    [head],
    chart(plan, tasks, new Set(figures.criticalPath), now, width),
    figureLines(plan, tasks, now, width),
    renderPulls(plan, width),
  ]);
}

function chart(
  plan: PlanView,
  tasks: readonly TaskView[],
  critical: ReadonlySet<string>,
  now: number,
  width: number,
): Line[] {
  const rows = tasks
    .filter((task) => task.kind === 'work' || (task.kind === 'end' && task.attempt > 0))
    .toSorted((a, b) => (a.startedAt ?? now) - (b.startedAt ?? now) || a.ordinal - b.ordinal);
  const starts = rows.flatMap((task) => task.startedAt ?? []);
  const from = plan.startedAt ?? Math.min(now, ...starts);
  const to = plan.finishedAt ?? now;
  const bar = clamp(width - BESIDE_BARS, 8, MAX_BAR);
  const cells = rows.map((task) => taskCells(task, { from, to, bar }, critical.has(task.id), now));
  return cells.length === 0 ? [] : renderTable(COLUMNS, [...cells, totalCells(plan, rows)], width);
}

/** Epoch ms at its two ends, and the columns that it takes. */
type TimeLine = { readonly from: number; readonly to: number; readonly bar: number };

function taskCells(task: TaskView, span: TimeLine, isCritical: boolean, now: number): Span[] {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const end = task.finishedAt ?? now;
  return [
    taskGlyph(task.status),
    taskName(task),
    timeBar(task.startedAt, end, span, isCritical),
    task.startedAt === undefined ? '' : formatDuration(end - task.startedAt),
    task.attempt === 0 ? '' : String(task.attempt),
    tokens === 0 ? '' : formatTokens(tokens),
    tokens === 0 ? '' : formatUsd(task.usage.usd),
    task.pullRequest === undefined ? '' : `#${task.pullRequest.number}`,
  ];
}

function taskName(task: TaskView): string {
  return task.kind === 'end' ? 'everything together' : task.id;
}

function timeBar(
  start: number | undefined,
  end: number,
  span: TimeLine,
  isCritical: boolean,
): Span {
  const total = span.to - span.from;
  const { bar } = span;
  if (start === undefined || total <= 0) return ' '.repeat(bar);
  const first = clamp(Math.floor(((start - span.from) / total) * bar), 0, bar - 1);
  const last = clamp(Math.ceil(((end - span.from) / total) * bar), first + 1, bar);
  const text = ' '.repeat(first) + (isCritical ? '━' : '─').repeat(last - first);
  return styled(isCritical ? 'live' : 'dim', text.padEnd(bar));
}

function totalCells(plan: PlanView, tasks: readonly TaskView[]): Span[] {
  const tokens = plan.usage.inputTokens + plan.usage.outputTokens;
  const attempts = tasks.reduce((sum, task) => sum + task.attempt, 0);
  const cells = [String(attempts), formatTokens(tokens), formatUsd(plan.usage.usd), ''];
  return ['', styled('bold', 'all, planning included'), '', '', ...cells.map(bold)];
}

function bold(text: string): Span {
  return styled('bold', text);
}

function figureLines(
  plan: PlanView,
  tasks: readonly TaskView[],
  now: number,
  width: number,
): Line[] {
  const figures = summaryFigures(plan, tasks, now);
  if (figures.criticalPath.length === 0) return [];
  const names = new Map(tasks.map((task) => [task.id, taskName(task)]));
  const path = wrap(figures.criticalPath.map((id) => names.get(id) ?? id).join(' → '), width - 28);
  const ratio =
    figures.ratio === undefined ? '' : `${figures.ratio.toFixed(2)} × the critical path`;
  const agents = figures.makespanMs > 0 ? figures.workMs / figures.makespanMs : 0;
  return [
    fact('before the start', formatDuration(figures.beforeMs), 'planning and approval'),
    ...path.map((text, index) =>
      index === 0
        ? fact('critical path', formatDuration(figures.criticalPathMs), text)
        : fact('', '', text),
    ),
    fact('makespan', formatDuration(figures.makespanMs), ratio),
    fact(
      'work',
      formatDuration(figures.workMs),
      `${agents.toFixed(1)} tasks at once on average, ${plural(figures.mostAtOnce, 'task')} at most`,
    ),
  ];
}

function fact(name: string, value: string, note: string): Line {
  return [styled('dim', name.padEnd(18)), value.padStart(7), '   ', styled('dim', note)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
