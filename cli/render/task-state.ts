import type { PlanView } from '../../core/contract/plan.ts';
import type { TaskView } from '../../core/contract/task.ts';
import type { TaskStatus } from '../../core/contract/task-status.ts';
import { isTaskMoving } from '../../core/contract/task-status.ts';
import { formatRelativeTime } from './layout/format-figures.ts';
import type { Span, Style } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';

type TaskLook = { readonly glyph: string; readonly style: Style; readonly label: string };

const TASK_LOOKS: Readonly<Record<TaskStatus, TaskLook>> = {
  pending: { glyph: '·', style: 'dim', label: 'pending' },
  ready: { glyph: '○', style: 'dim', label: 'ready' },
  claimed: { glyph: '◌', style: 'live', label: 'starting' },
  working: { glyph: '●', style: 'live', label: 'working' },
  awaiting_input: { glyph: '?', style: 'warn', label: 'has a question' },
  pr_open: { glyph: '◇', style: 'live', label: 'PR open' },
  in_review: { glyph: '◆', style: 'warn', label: 'in review' },
  changes_requested: { glyph: '↻', style: 'warn', label: 'needs repair' },
  merging: { glyph: '⇡', style: 'accent', label: 'merging' },
  merged: { glyph: '✓', style: 'good', label: 'merged' },
  blocked: { glyph: '■', style: 'bad', label: 'blocked' },
  failed: { glyph: '✗', style: 'bad', label: 'failed' },
  cancelled: { glyph: '–', style: 'dim', label: 'cancelled' },
};

const SPINNER = ['◐', '◓', '◑', '◒'];

/** Returns glyph, style and label of a status. */
export function getTaskLook(status: TaskStatus): TaskLook {
  return TASK_LOOKS[status];
}

/** Renders the glyph of a status. With a frame counter `tick`, a starting or working task has a turning spinner. */
export function renderTaskGlyph(status: TaskStatus, tick?: number): Span {
  const look = TASK_LOOKS[status];
  const isSpinning = tick !== undefined && (status === 'working' || status === 'claimed');
  return styleSpan(
    look.style,
    isSpinning ? (SPINNER[tick % SPINNER.length] ?? look.glyph) : look.glyph,
  );
}

/**
 * Describes the state of a task in a few words: the unmerged dependencies, the kind of the attempt, the end of a pause, or
 * else the label of the status.
 */
export function describeTaskState(
  task: TaskView,
  now: number,
  isMerged: (id: string) => boolean = () => false,
): string {
  if (task.parkedUntil !== undefined && task.parkedUntil > now && task.status !== 'merged') {
    return `parked, continues ${formatRelativeTime(task.parkedUntil, now)}`;
  }
  if (task.status === 'pending') {
    const openDependencies = task.dependsOn.filter((id) => !isMerged(id));
    if (openDependencies.length > 0) return `after ${openDependencies.join(', ')}`;
    return task.kind === 'end' ? 'after all tasks' : 'pending';
  }
  if (task.status === 'claimed' || task.status === 'working') {
    if (task.attemptKind === 'repair') return 'repairing';
    if (task.attemptKind === 'verify') return 'verifying';
  }
  if (task.status === 'merging' && task.attemptKind === 'verify' && task.attemptId !== undefined) {
    return 'verifying again';
  }
  if (task.kind === 'end' && task.status === 'merged')
    return task.verified === false ? 'nothing verified' : 'verified';
  if (task.noChange === true && task.status === 'in_review') return 'changed nothing';
  if (task.noChange === true && task.status === 'merged') return 'accepted without changes';
  return TASK_LOOKS[task.status].label;
}

/** Returns the duration of the task so far, in milliseconds; undefined before its start. */
export function computeTaskElapsedMs(task: TaskView, now: number): number | undefined {
  if (task.startedAt === undefined) return undefined;
  return Math.max(0, getTaskEnd(task, now) - task.startedAt);
}

/** Returns the time until which the platform worked on a task, in epoch milliseconds: waiting for a person is no work. */
export function getTaskEnd(task: TaskView, now: number): number {
  if (task.finishedAt !== undefined) return task.finishedAt;
  return isTaskMoving(task.status) ? now : task.changedAt;
}

const PLAN_STYLES: Readonly<Record<PlanView['status'], Style>> = {
  planning: 'live',
  pending_approval: 'warn',
  activating: 'live',
  active: 'live',
  complete: 'good',
  rejected: 'dim',
  cancelled: 'dim',
  closed: 'dim',
  failed: 'bad',
};

/** Renders the status of a plan, or "halted" for a halted plan. */
export function renderPlanStatus(plan: PlanView): Span {
  if (plan.halted) return styleSpan('bad', 'halted');
  return styleSpan(PLAN_STYLES[plan.status], plan.status.replace('_', ' '));
}
