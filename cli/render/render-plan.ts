import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import { formatCount, formatDuration, formatTokens, formatUsd } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { justifyLine, styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';
import { renderConditions, renderPulls, renderWaiting } from './plan-parts.ts';
import { renderTasks } from './render-tasks.ts';
import { renderPlanStatus } from './task-state.ts';

export type ViewOptions = {
  readonly now: number;
  /** Columns. */
  readonly width: number;
  /** Counts up while the view is live: turns the spinners. */
  readonly tick?: number;
  /** Rows that the list of tasks may take; the most interesting stay. */
  readonly maxTaskRows?: number;
};

/** The state of a plan and its tasks, as `status PLAN` and the live view show it. */
export function renderPlan(
  plan: PlanView,
  tasks: readonly TaskView[],
  options: ViewOptions,
): Line[] {
  const sections: Line[][] = [
    [...renderHead(plan, options), ...renderReason(plan, options.width)],
    renderProgress(plan, tasks, options),
    renderTasks(tasks, options),
    renderConditions(plan, options),
    renderWaiting(plan, tasks, options),
    renderPulls(plan, options.width),
  ];
  return joinSections(sections);
}

/** Sections that have lines, an empty line between two. */
export function joinSections(sections: readonly (readonly Line[])[]): Line[] {
  const lines: Line[] = [];
  for (const section of sections) {
    if (section.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...section);
  }
  return lines;
}

export function renderHead(plan: PlanView, options: { readonly width: number }): Line[] {
  const run = plan.run > 1 ? [styleSpan('dim', ` · run ${plan.run}`)] : [];
  const first = justifyLine(
    [styleSpan('dim', plan.id), '  ', styleSpan('bold', plan.title)],
    [renderPlanStatus(plan), ...run],
    options.width,
  );
  const facts = [
    plan.complexity ?? 'not judged yet',
    `policy ${plan.policy}`,
    ...plan.repositories.map(formatRepository),
  ];
  return [first, [styleSpan('dim', facts.join(' · '))]];
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

const BAR_COLUMNS = 30;

function renderProgress(plan: PlanView, tasks: readonly TaskView[], options: ViewOptions): Line[] {
  if (plan.status === 'planning') {
    return [
      [styleSpan('live', '◌ '), plan.stage ?? 'planning', ...renderElapsed(plan, options.now)],
    ];
  }
  const work = tasks.filter((task) => task.kind === 'work');
  if (work.length === 0) return [];
  const done = work.filter((task) => task.status === 'merged').length;
  const live = work.filter((task) => LIVE_STATUSES.has(task.status)).length;
  const isComplete = plan.status === 'complete';
  const figures: string[] = [
    isComplete ? `${formatCount(work.length, 'task')} done` : `${done} of ${work.length} merged`,
  ];
  if (live > 0) figures.push(`${live} at work`);
  const tokens = plan.usage.inputTokens + plan.usage.outputTokens;
  if (tokens > 0) figures.push(`${formatTokens(tokens)} tokens`, formatCost(plan.usage.usd));
  return [
    [
      ...renderBar(isComplete ? work.length : done, live, work.length),
      '  ',
      figures.join(' · '),
      ...renderElapsed(plan, options.now),
    ],
  ];
}

const LIVE_STATUSES = new Set<TaskView['status']>(['claimed', 'working', 'pr_open', 'merging']);

export function formatCost(usd: number | null): string {
  return usd === null ? 'cost unknown' : formatUsd(usd);
}

function renderBar(done: number, live: number, total: number): Span[] {
  const filled = Math.floor((done / total) * BAR_COLUMNS);
  const moving = Math.min(BAR_COLUMNS - filled, Math.ceil((live / total) * BAR_COLUMNS));
  return [
    styleSpan('good', '━'.repeat(filled)),
    styleSpan('live', '╌'.repeat(moving)),
    styleSpan('dim', '─'.repeat(BAR_COLUMNS - filled - moving)),
  ];
}

function renderElapsed(plan: PlanView, now: number): Span[] {
  const from = plan.startedAt ?? plan.createdAt;
  if (plan.status === 'pending_approval' || plan.status === 'rejected') return [];
  return [styleSpan('dim', ` · ${formatDuration((plan.finishedAt ?? now) - from)}`)];
}

/** "7 tasks in 3 waves" */
export function formatSize(tasks: number, waves: number): string {
  return tasks === 1 ? '1 task' : `${formatCount(tasks, 'task')} in ${formatCount(waves, 'wave')}`;
}
