import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import { formatDuration, formatTokens, formatUsd, plural } from './figures.ts';
import type { Line, Span } from './line.ts';
import { spread, styled } from './line.ts';
import { renderNotices, renderPulls, renderWaiting } from './plan-parts.ts';
import { planStatusSpan } from './task-state.ts';
import { renderTasks } from './task-table.ts';
import { wrap } from './text.ts';

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
    renderNotices(plan.notices, options),
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
  const run = plan.run > 1 ? [styled('dim', ` · run ${plan.run}`)] : [];
  const first = spread(
    [styled('dim', plan.id), '  ', styled('bold', plan.title)],
    [planStatusSpan(plan), ...run],
    options.width,
  );
  const facts = [
    plan.complexity ?? 'not judged yet',
    `policy ${plan.policy}`,
    ...plan.repositories.map(repositoryText),
  ];
  return [first, [styled('dim', facts.join(' · '))]];
}

function repositoryText(repository: PlanView['repositories'][number]): string {
  const sha = repository.baseSha === undefined ? '' : `@${repository.baseSha.slice(0, 7)}`;
  return `${repository.name} ${repository.base}${sha}`;
}

function renderReason(plan: PlanView, width: number): Line[] {
  if (plan.reason === undefined || plan.reason === '') return [];
  const style = plan.status === 'failed' || plan.halted ? 'bad' : 'dim';
  return wrap(plan.reason, width)
    .slice(0, 6)
    .map((text) => [styled(style, text)]);
}

const BAR = 30;

function renderProgress(plan: PlanView, tasks: readonly TaskView[], options: ViewOptions): Line[] {
  if (plan.status === 'planning') {
    return [[styled('live', '◌ '), plan.stage ?? 'planning', ...elapsed(plan, options.now)]];
  }
  const work = tasks.filter((task) => task.kind === 'work');
  if (work.length === 0) return [];
  const done = work.filter((task) => task.status === 'merged').length;
  const live = work.filter((task) => LIVE.has(task.status)).length;
  const isComplete = plan.status === 'complete';
  const figures: string[] = [
    isComplete ? `${plural(work.length, 'task')} done` : `${done} of ${work.length} merged`,
  ];
  if (live > 0) figures.push(`${live} at work`);
  const tokens = plan.usage.inputTokens + plan.usage.outputTokens;
  if (tokens > 0) figures.push(`${formatTokens(tokens)} tokens`, costText(plan.usage.usd));
  return [
    [
      ...bar(isComplete ? work.length : done, live, work.length),
      '  ',
      figures.join(' · '),
      ...elapsed(plan, options.now),
    ],
  ];
}

const LIVE = new Set<TaskView['status']>(['claimed', 'working', 'pr_open', 'merging']);

export function costText(usd: number | null): string {
  return usd === null ? 'cost unknown' : formatUsd(usd);
}

function bar(done: number, live: number, total: number): Span[] {
  const filled = Math.floor((done / total) * BAR);
  const moving = Math.min(BAR - filled, Math.ceil((live / total) * BAR));
  return [
    styled('good', '━'.repeat(filled)),
    styled('live', '╌'.repeat(moving)),
    styled('dim', '─'.repeat(BAR - filled - moving)),
  ];
}

function elapsed(plan: PlanView, now: number): Span[] {
  const from = plan.startedAt ?? plan.createdAt;
  if (plan.status === 'pending_approval' || plan.status === 'rejected') return [];
  return [styled('dim', ` · ${formatDuration((plan.finishedAt ?? now) - from)}`)];
}

/** "7 tasks in 3 waves" */
export function sizeText(tasks: number, waves: number): string {
  return tasks === 1 ? '1 task' : `${plural(tasks, 'task')} in ${plural(waves, 'wave')}`;
}
