import type { PlanView } from '../../core/contract/plan.ts';
import { waitsForPerson } from '../../core/contract/plan-status.ts';
import { getWaitingKey } from '../collect-waiting.ts';
import { findConditionCommand } from '../next-step.ts';
import { formatClock, formatDuration } from '../render/layout/format-figures.ts';
import type { Line, Span } from '../render/layout/line.ts';
import { styleSpan } from '../render/layout/line.ts';
import { padTextEnd, truncateText } from '../render/layout/text.ts';
import { describeWaiting, getWaitingCommand } from '../render/render-waiting.ts';
import {
  computeTaskElapsedMs,
  describeTaskState,
  getTaskLook,
  renderPlanStatus,
  renderTaskGlyph,
} from '../render/task-state.ts';
import type { PlanChange } from './follow-plan.ts';

const ID_WIDTH = 22;

/**
 * Renders a change as lines of a log; a change without news for a person has no line.
 *
 * @param printedKeys keys of the waiting items that are already printed. The function updates the set, so that an item that
 *   both the plan and a task list is printed once
 */
export function renderChange(
  change: PlanChange,
  now: number,
  printedKeys: Set<string> = new Set(),
): Line[] {
  return change.kind === 'plan'
    ? renderPlanChange(change, now, printedKeys)
    : renderTaskChange(change, now, printedKeys);
}

type PlanChangeItem = Extract<PlanChange, { readonly kind: 'plan' }>;

function renderPlanChange(change: PlanChangeItem, now: number, printedKeys: Set<string>): Line[] {
  return [
    ...renderStatusChange(change, now),
    ...renderNewConditions(change, now),
    ...renderNewWaiting(change.plan, now, printedKeys),
    ...renderPullChanges(change, now),
  ];
}

function renderStatusChange({ plan, before }: PlanChangeItem, now: number): Line[] {
  const isNewStage = plan.status === 'planning' && plan.stage !== before?.stage;
  if (plan.status === before?.status && plan.halted === before.halted && !isNewStage) return [];
  const detail = plan.status === 'planning' ? plan.stage : plan.reason;
  return [renderLogLine(now, ' ', 'plan', [renderPlanStatus(plan), ...renderDetail(detail)])];
}

function renderNewConditions({ plan, before }: PlanChangeItem, now: number): Line[] {
  const knownConditions = new Set(before?.conditions.map(({ code, message }) => code + message));
  return plan.conditions
    .filter(({ code, message }) => !knownConditions.has(code + message))
    .map(({ level, code, message }) => {
      const isInfo = level === 'info';
      const command = findConditionCommand(code, plan.id);
      const nextStep =
        command === undefined ? [] : [styleSpan('dim', ' · '), styleSpan('bold', command)];
      const details = [styleSpan(isInfo ? 'dim' : 'warn', message), ...nextStep];
      return renderLogLine(now, isInfo ? 'i' : '!', isInfo ? 'note' : level, details);
    });
}

/** Renders the new waiting items. Removes the keys of items that no longer wait, so that a returning item is printed again. */
function renderNewWaiting(plan: PlanView, now: number, printedKeys: Set<string>): Line[] {
  const waitingByKey = new Map(
    plan.waiting.filter(waitsForPerson).map((waiting) => [getWaitingKey(waiting), waiting]),
  );
  for (const key of printedKeys) if (!waitingByKey.has(key)) printedKeys.delete(key);
  const newItems = [...waitingByKey].filter(([key]) => !printedKeys.has(key));
  return newItems.map(([key, waiting]) => {
    printedKeys.add(key);
    const command = styleSpan('bold', getWaitingCommand(waiting));
    return renderLogLine(now, '?', 'waiting', [
      describeWaiting(waiting),
      styleSpan('dim', ' · '),
      command,
    ]);
  });
}

function renderPullChanges({ plan, before }: PlanChangeItem, now: number): Line[] {
  return plan.pulls.flatMap((pull): Line[] => {
    const earlier = before?.pulls.find(
      ({ branch, repo }) => branch === pull.branch && repo === pull.repo,
    );
    const isSame = earlier?.state === pull.state && earlier.ready === pull.ready;
    if (pull.url === undefined || isSame) return [];
    const state = pull.ready && pull.state === 'open' ? 'ready for you to merge' : pull.state;
    const details = [`#${pull.number ?? ''} ${state}`, '  ', pull.url];
    return [renderLogLine(now, '◆', 'pull request', details)];
  });
}

function renderTaskChange(
  change: Extract<PlanChange, { readonly kind: 'task' }>,
  now: number,
  printedKeys: Set<string>,
): Line[] {
  const { task, before } = change;
  if (task.kind === 'join') return [];
  // A task of the first snapshot is printed only if the task has started.
  if (before === undefined && task.status === 'pending') return [];
  const isSame =
    task.status === before?.status &&
    task.attempt === before.attempt &&
    task.parkedUntil === before.parkedUntil;
  if (isSame) return [];

  const details: Span[] = [styleSpan(getTaskLook(task.status).style, describeTaskState(task, now))];
  if (task.attempt > 1) details.push(styleSpan('dim', ` · attempt ${task.attempt}`));
  if (task.pullRequest !== undefined)
    details.push(styleSpan('dim', ` · #${task.pullRequest.number}`));
  const elapsed = computeTaskElapsedMs(task, now);
  if (task.finishedAt !== undefined && elapsed !== undefined) {
    details.push(styleSpan('dim', ` · ${formatDuration(elapsed)}`));
  }
  if (task.status === 'awaiting_input') details.push(...renderDetail(task.question?.text));
  else if (task.reason !== before?.reason) details.push(...renderDetail(task.reason));
  const lines = [renderLogLine(now, renderTaskGlyph(task.status), task.id, details)];
  if (task.waiting !== undefined && !printedKeys.has(getWaitingKey(task.waiting))) {
    printedKeys.add(getWaitingKey(task.waiting));
    lines.push(renderLogLine(now, '?', '', [styleSpan('bold', getWaitingCommand(task.waiting))]));
  }
  return lines;
}

function renderLogLine(now: number, glyph: Span, name: string, details: readonly Span[]): Line {
  const padded = padTextEnd(truncateText(name, ID_WIDTH), ID_WIDTH);
  return [styleSpan('dim', formatClock(now)), '  ', glyph, ' ', padded, '  ', ...details];
}

function renderDetail(text: string | undefined): Span[] {
  if (text === undefined || text === '') return [];
  return [styleSpan('dim', ` · ${truncateText(text.replace(/\s+/g, ' '), 160)}`)];
}
