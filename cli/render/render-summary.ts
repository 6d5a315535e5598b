import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import { formatCount, formatDuration, formatTokens, formatUsd } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { joinSections, styleSpan } from './layout/line.ts';
import type { Column } from './layout/render-table.ts';
import { renderTable } from './layout/render-table.ts';
import { wrapText } from './layout/text.ts';
import { renderPulls } from './plan-parts.ts';
import { renderAttention } from './render-flags.ts';
import { computeSummaryFigures } from './summary-figures.ts';
import { getTaskEnd, renderPlanStatus, renderTaskGlyph } from './task-state.ts';

const MAX_BAR_COLUMNS = 34;
/** Columns that the cells beside the bar need. */
const COLUMNS_BESIDE_BAR = 67;
/** Columns: status, task id, bar, then the columns with a header. */
const COLUMNS: readonly Column[] = [
  { header: '' },
  { header: '', shrinks: true, minWidth: 10, maxWidth: 30 },
  { header: '' },
  { header: 'time', align: 'right' },
  { header: 'attempts', align: 'right' },
  { header: 'tokens', align: 'right' },
  { header: 'cost', align: 'right' },
  { header: 'PR', align: 'right' },
];

/** Options of the summary: `now` in epoch milliseconds (default: the end of the plan), `width` in columns (default 100). */
export type SummaryOptions = { readonly now?: number; readonly width?: number };

/**
 * Renders times, tokens and cost of a plan: each task on a common time line (heavy bars are the critical path), the
 * makespan compared with the critical path, and the pull requests.
 *
 * @param tasks all nodes of the run, including joins and ends
 */
export function renderSummary(
  plan: PlanView,
  tasks: readonly TaskView[],
  options: SummaryOptions = {},
): Line[] {
  const now = options.now ?? plan.finishedAt ?? plan.changedAt;
  const width = options.width ?? 100;
  const figures = computeSummaryFigures(plan, tasks, now);
  const head: Line = [
    styleSpan('bold', plan.title),
    ' · ',
    renderPlanStatus(plan),
    styleSpan('dim', ` in ${formatDuration((plan.finishedAt ?? now) - plan.createdAt)}`),
  ];
  return joinSections([
    [head],
    renderChart(plan, tasks, new Set(figures.criticalPath), now, width),
    renderFigures(plan, tasks, now, width),
    renderAttention(tasks, plan.verified, width),
    renderPulls(plan, width),
  ]);
}

function renderChart(
  plan: PlanView,
  tasks: readonly TaskView[],
  criticalIds: ReadonlySet<string>,
  now: number,
  width: number,
): Line[] {
  const chartTasks = tasks
    .filter((task) => task.kind === 'work' || (task.kind === 'end' && task.attempt > 0))
    .toSorted((a, b) => (a.startedAt ?? now) - (b.startedAt ?? now) || a.ordinal - b.ordinal);
  const starts = chartTasks.flatMap((task) => task.startedAt ?? []);
  const from = plan.startedAt ?? Math.min(now, ...starts);
  const to = plan.finishedAt ?? now;
  const barColumns = clamp(width - COLUMNS_BESIDE_BAR, 8, MAX_BAR_COLUMNS);
  const rows = chartTasks.map((task) =>
    renderTaskCells(task, { from, to, barColumns }, criticalIds.has(task.id), now),
  );
  return rows.length === 0
    ? []
    : renderTable(COLUMNS, [...rows, renderTotalCells(plan, chartTasks)], width);
}

/** Time line of the chart: epoch milliseconds at both ends, and its width in columns. */
type TimeLine = { readonly from: number; readonly to: number; readonly barColumns: number };

function renderTaskCells(
  task: TaskView,
  timeLine: TimeLine,
  isCritical: boolean,
  now: number,
): Span[] {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const end = getTaskEnd(task, now);
  return [
    renderTaskGlyph(task.status),
    task.id,
    renderTimeBar(task.startedAt, end, timeLine, isCritical),
    task.startedAt === undefined ? '' : formatDuration(end - task.startedAt),
    task.attempt === 0 ? '' : String(task.attempt),
    tokens === 0 ? '' : formatTokens(tokens),
    tokens === 0 ? '' : formatUsd(task.usage.usd),
    task.pullRequest === undefined ? '' : `#${task.pullRequest.number}`,
  ];
}

function renderTimeBar(
  start: number | undefined,
  end: number,
  timeLine: TimeLine,
  isCritical: boolean,
): Span {
  const total = timeLine.to - timeLine.from;
  const { barColumns } = timeLine;
  if (start === undefined || total <= 0) return ' '.repeat(barColumns);
  const firstColumn = clamp(
    Math.floor(((start - timeLine.from) / total) * barColumns),
    0,
    barColumns - 1,
  );
  const lastColumn = clamp(
    Math.ceil(((end - timeLine.from) / total) * barColumns),
    firstColumn + 1,
    barColumns,
  );
  const text = ' '.repeat(firstColumn) + (isCritical ? '━' : '─').repeat(lastColumn - firstColumn);
  return styleSpan(isCritical ? 'live' : 'dim', text.padEnd(barColumns));
}

function renderTotalCells(plan: PlanView, tasks: readonly TaskView[]): Span[] {
  const tokens = plan.usage.inputTokens + plan.usage.outputTokens;
  const attempts = tasks.reduce((sum, task) => sum + task.attempt, 0);
  const cells = [String(attempts), formatTokens(tokens), formatUsd(plan.usage.usd), ''];
  return ['', styleSpan('bold', 'total, with planning'), '', '', ...cells.map(styleBold)];
}

function styleBold(text: string): Span {
  return styleSpan('bold', text);
}

function renderFigures(
  plan: PlanView,
  tasks: readonly TaskView[],
  now: number,
  width: number,
): Line[] {
  const figures = computeSummaryFigures(plan, tasks, now);
  if (figures.criticalPath.length === 0) return [];
  const path = wrapText(figures.criticalPath.join(' → '), width - 28);
  const ratio =
    figures.ratio === undefined ? '' : `${figures.ratio.toFixed(2)} × the critical path`;
  const averageTasks = figures.makespanMs > 0 ? figures.workMs / figures.makespanMs : 0;
  return [
    renderFact('until the start', formatDuration(figures.beforeStartMs), 'planning and approval'),
    ...path.map((text, index) =>
      index === 0
        ? renderFact('critical path', formatDuration(figures.criticalPathMs), text)
        : renderFact('', '', text),
    ),
    renderFact('makespan', formatDuration(figures.makespanMs), ratio),
    renderFact(
      'work',
      formatDuration(figures.workMs),
      `${averageTasks.toFixed(1)} tasks at once on average, ${formatCount(figures.maxConcurrentTasks, 'task')} at most`,
    ),
  ];
}

function renderFact(name: string, value: string, note: string): Line {
  return [styleSpan('dim', name.padEnd(18)), value.padStart(7), '   ', styleSpan('dim', note)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
