import type { PlanView } from '../../core/contract/plan.ts';
import { formatRelativeTime, formatTokens, formatUsd } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import type { Column } from './layout/render-table.ts';
import { renderTable } from './layout/render-table.ts';
import { describeWaiting, getWaitingCommand } from './render-waiting.ts';
import { renderPlanStatus } from './task-state.ts';

/** Columns of the table of plans. */
export const PLAN_COLUMNS: readonly Column[] = [
  { header: 'plan' },
  { header: 'title', shrinks: true, minWidth: 16 },
  { header: 'status' },
  { header: 'merged', align: 'right' },
  { header: 'tokens', align: 'right' },
  { header: 'cost', align: 'right' },
  { header: 'changed', align: 'right' },
];

/** Renders a line for each plan, followed by the waiting items of the plan and their commands. */
export function renderPlanList(
  plans: readonly PlanView[],
  options: {
    readonly now: number;
    readonly width: number;
    /** True if the usage of the plans includes the usage of their tasks. Only then are tokens and cost shown. */
    readonly usageIncludesTasks?: boolean;
  },
): Line[] {
  if (plans.length === 0) {
    return [['There are no plans yet. Start one with  ', styleSpan('bold', 'smol-gang run "..."')]];
  }
  const [head, ...rows] = renderTable(
    PLAN_COLUMNS,
    plans.map((plan) => renderPlanCells(plan, options.now, options.usageIncludesTasks === true)),
    options.width,
  );
  const lines = plans.flatMap((plan, index): Line[] => [
    rows[index] ?? [],
    ...plan.waiting.flatMap((waiting): Line[] => [
      ['  ', styleSpan('warn', '└ '), styleSpan('dim', describeWaiting(waiting))],
      ['    ', styleSpan('bold', getWaitingCommand(waiting))],
    ]),
  ]);
  return head === undefined ? lines : [head, ...lines];
}

/** Returns the cells of a plan in the table of plans. Without the usage of its tasks, tokens and cost are empty. */
export function renderPlanCells(plan: PlanView, now: number, usageIncludesTasks: boolean): Span[] {
  const taskCount = Object.values(plan.counts).reduce((sum, count) => sum + count, 0);
  const usedTokens = plan.usage.inputTokens + plan.usage.outputTokens;
  const tokens = usageIncludesTasks ? usedTokens : 0;
  return [
    styleSpan('dim', plan.id),
    plan.title,
    renderPlanStatus(plan),
    taskCount === 0 ? '' : `${plan.counts.merged ?? 0}/${taskCount}`,
    tokens === 0 ? '' : styleSpan('dim', formatTokens(tokens)),
    tokens === 0 ? '' : styleSpan('dim', formatUsd(plan.usage.usd)),
    styleSpan('dim', formatRelativeTime(plan.changedAt, now)),
  ];
}
