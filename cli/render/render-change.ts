import { waitsForPerson } from '../../core/contract/plan-status.ts';
import { findConditionCommand } from '../next-step.ts';
import { getWaitingKey } from '../watch/collect-waiting.ts';
import type { PlanChange } from '../watch/follow-plan.ts';
import { formatClock, formatDuration } from './layout/format-figures.ts';
import type { Line, Span } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import { padTextEnd, truncateText } from './layout/text.ts';
import { describeWaiting, getWaitingCommand } from './render-waiting.ts';
import {
  computeTaskElapsedMs,
  describeTaskState,
  getTaskLook,
  renderPlanStatus,
  renderTaskGlyph,
} from './task-state.ts';

const ID_WIDTH = 22;

/**
 * Renders a change as lines of a log; a change that tells a person nothing new renders no line.
 *
 * @param printedKeys keys of the waiting items that were printed and still wait; a task and its plan both name such an item.
 *   The function updates the set
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

function renderPlanChange(
  change: Extract<PlanChange, { readonly kind: 'plan' }>,
  now: number,
  printedKeys: Set<string>,
): Line[] {
  const { plan, before } = change;
  const lines: Line[] = [];
  const isNewStage = plan.status === 'planning' && plan.stage !== before?.stage;
  if (plan.status !== before?.status || plan.halted !== before.halted || isNewStage) {
    const note = plan.status === 'planning' ? plan.stage : plan.reason;
    lines.push(renderLogLine(now, ' ', 'plan', [renderPlanStatus(plan), ...renderDetail(note)]));
  }
  const said = new Set(before?.conditions.map((condition) => condition.code + condition.message));
  for (const condition of plan.conditions) {
    if (said.has(condition.code + condition.message)) continue;
    const style = condition.level === 'info' ? 'dim' : 'warn';
    const command = findConditionCommand(condition.code, plan.id);
    const nextStep = command === undefined ? [] : ['  ', styleSpan('bold', command)];
    const text = [styleSpan(style, condition.message), ...nextStep];
    lines.push(renderLogLine(now, '!', 'condition', text));
  }
  const waitingItems = plan.waiting.filter(waitsForPerson);
  const currentKeys = new Set(waitingItems.map(getWaitingKey));
  for (const key of printedKeys) if (!currentKeys.has(key)) printedKeys.delete(key);
  for (const waiting of waitingItems) {
    const key = getWaitingKey(waiting);
    if (printedKeys.has(key)) continue;
    printedKeys.add(key);
    const command = styleSpan('bold', getWaitingCommand(waiting));
    lines.push(renderLogLine(now, '?', 'waiting', [describeWaiting(waiting), '  ', command]));
  }
  for (const pull of plan.pulls) {
    const old = before?.pulls.find(
      (each) => each.branch === pull.branch && each.repo === pull.repo,
    );
    if (pull.url === undefined || (old?.state === pull.state && old.ready === pull.ready)) continue;
    const state = pull.ready && pull.state === 'open' ? 'ready for you to merge' : pull.state;
    lines.push(
      renderLogLine(now, '◆', 'pull request', [`#${pull.number ?? ''} ${state}`, '  ', pull.url]),
    );
  }
  return lines;
}

function renderTaskChange(
  change: Extract<PlanChange, { readonly kind: 'task' }>,
  now: number,
  printedKeys: Set<string>,
): Line[] {
  const { task, before } = change;
  if (task.kind === 'join') return [];
  // A snapshot says nothing of tasks that have not begun.
  if (before === undefined && task.status === 'pending') return [];
  const isSame =
    task.status === before?.status &&
    task.attempt === before.attempt &&
    task.parkedUntil === before.parkedUntil;
  if (isSame) return [];
  const name = task.kind === 'end' ? 'whole' : task.id;
  const rest: Span[] = [styleSpan(getTaskLook(task.status).style, describeTaskState(task, now))];
  if (task.attempt > 1) rest.push(styleSpan('dim', ` · try ${task.attempt}`));
  if (task.pullRequest !== undefined) rest.push(styleSpan('dim', ` · #${task.pullRequest.number}`));
  const elapsed = computeTaskElapsedMs(task, now);
  if (task.finishedAt !== undefined && elapsed !== undefined) {
    rest.push(styleSpan('dim', ` · ${formatDuration(elapsed)}`));
  }
  if (task.status === 'awaiting_input') rest.push(...renderDetail(task.question?.text));
  else if (task.reason !== before?.reason) rest.push(...renderDetail(task.reason));
  const lines = [renderLogLine(now, renderTaskGlyph(task.status), name, rest)];
  if (task.waiting !== undefined && !printedKeys.has(getWaitingKey(task.waiting))) {
    printedKeys.add(getWaitingKey(task.waiting));
    lines.push(renderLogLine(now, '?', '', [styleSpan('bold', getWaitingCommand(task.waiting))]));
  }
  return lines;
}

function renderLogLine(now: number, glyph: Span, name: string, rest: readonly Span[]): Line {
  const padded = padTextEnd(truncateText(name, ID_WIDTH), ID_WIDTH);
  return [styleSpan('dim', formatClock(now)), '  ', glyph, ' ', padded, '  ', ...rest];
}

function renderDetail(text: string | undefined): Span[] {
  if (text === undefined || text === '') return [];
  return [styleSpan('dim', ` · ${truncateText(text.replace(/\s+/g, ' '), 160)}`)];
}
