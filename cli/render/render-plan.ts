import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import { formatCost, formatCount, formatDuration, formatTokens } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { joinSections, justifyLine, styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';
import { renderBase, renderConditions, renderPulls, renderWaiting } from './plan-parts.ts';
import { renderTasks } from './render-tasks.ts';
import { renderPlanStatus } from './task-state.ts';

/** Options of the view of a plan. */
export type ViewOptions = {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Columns. */
  readonly width: number;
  /** Frame counter of a live view, which turns the spinners. */
  readonly tick?: number;
  /** Maximum number of rows for the tasks; tasks that need a person are shown first. */
  readonly maxTaskRows?: number;
};

/** Renders a plan and its tasks for `status PLAN` and the live view. */
export function renderPlan(
  plan: PlanView,
  tasks: readonly TaskView[],
  options: ViewOptions,
): Line[] {
  const sections: Line[][] = [
    [...renderHead(plan, options), ...renderReason(plan, options.width)],
    renderProgress(plan, tasks, options),
    renderBase(plan),
    renderTasks(tasks, options),
    renderConditions(plan, options),
    renderWaiting(plan, tasks, options),
    renderPulls(plan, options.width),
  ];
  return joinSections(sections);
}

/** Renders a line with id, title and status of a plan, and a line with complexity, policy and repositories. */
export function renderHead(plan: PlanView, options: { readonly width: number }): Line[] {
  const run = plan.run > 1 ? [styleSpan('dim', ` · run ${plan.run}`)] : [];
  const titleLine = justifyLine(
    [styleSpan('dim', plan.id), '  ', styleSpan('bold', plan.title)],
    [renderPlanStatus(plan), ...run],
    options.width,
  );
  const facts = [
    plan.complexity ?? 'complexity not known yet',
    `policy ${plan.policy}`,
    ...plan.repositories.map(formatRepository),
  ];
  return [titleLine, [styleSpan('dim', facts.join(' · '))]];
}

function formatRepository(repository: PlanView['repositories'][number]): string {
  const sha = repository.baseSha === undefined ? '' : `@${repository.baseSha.slice(0, 7)}`;
  return `${repository.name} ${repository.base}${sha}`;
}

function renderReason(plan: PlanView, width: number): Line[] {
  if (plan.reason === undefined || plan.reason === '') return [];
  const style = plan.status === 'failed' || plan.halted ? 'bad' : 'dim';
  return wrapText(plan.reason, width)
    .slice(0, 6)
    .map((text) => [styleSpan(style, text)]);
}

const BAR_WIDTH = 30;

function renderProgress(plan: PlanView, tasks: readonly TaskView[], options: ViewOptions): Line[] {
  if (plan.status === 'planning') {
    return [
      [styleSpan('live', '◌ '), plan.stage ?? 'planning', ...renderElapsed(plan, options.now)],
    ];
  }
  const workTasks = tasks.filter((task) => task.kind === 'work');
  if (workTasks.length === 0) return [];
  const mergedCount = workTasks.filter((task) => task.status === 'merged').length;
  const activeCount = workTasks.filter((task) => IN_PROGRESS_STATUSES.has(task.status)).length;
  const isComplete = plan.status === 'complete';
  const figures: string[] = [
    isComplete
      ? `${formatCount(workTasks.length, 'task')} done`
      : `${mergedCount} of ${workTasks.length} merged`,
  ];
  if (activeCount > 0) figures.push(`${activeCount} in progress`);
  const tokens = plan.usage.inputTokens + plan.usage.outputTokens;
  if (tokens > 0) figures.push(`${formatTokens(tokens)} tokens`, formatCost(plan.usage.usd));
  return [
    [
      ...renderBar(isComplete ? workTasks.length : mergedCount, activeCount, workTasks.length),
      '  ',
      figures.join(' · '),
      ...renderElapsed(plan, options.now),
    ],
  ];
}

const IN_PROGRESS_STATUSES = new Set<TaskView['status']>([
  'claimed',
  'working',
  'pr_open',
  'merging',
]);

function renderBar(mergedCount: number, activeCount: number, total: number): Span[] {
  const mergedWidth = Math.floor((mergedCount / total) * BAR_WIDTH);
  const activeWidth = Math.min(
    BAR_WIDTH - mergedWidth,
    Math.ceil((activeCount / total) * BAR_WIDTH),
  );
  return [
    styleSpan('good', '━'.repeat(mergedWidth)),
    styleSpan('live', '╌'.repeat(activeWidth)),
    styleSpan('dim', '─'.repeat(BAR_WIDTH - mergedWidth - activeWidth)),
  ];
}

function renderElapsed(plan: PlanView, now: number): Span[] {
  const from = plan.startedAt ?? plan.createdAt;
  if (plan.status === 'pending_approval' || plan.status === 'rejected') return [];
  const to = plan.finishedAt ?? (plan.halted ? plan.changedAt : now);
  return [styleSpan('dim', ` · ${formatDuration(to - from)}`)];
}
