import type { PlanChange } from '../progress.ts';
import { formatClock, formatDuration } from './figures.ts';
import type { Line, Span } from './line.ts';
import { styled } from './line.ts';
import { planStatusSpan, taskElapsedMs, taskGlyph, taskLook, taskStateText } from './task-state.ts';
import { padEnd, truncate } from './text.ts';

const ID = 22;

/**
 * A change as lines for a log: what a person would want to be told, and nothing for the rest. `told` has the commands that
 * were printed and still wait: a task and its plan both name them.
 */
export function changeLines(
  change: PlanChange,
  now: number,
  told: Set<string> = new Set(),
): Line[] {
  return change.kind === 'plan' ? planLines(change, now, told) : taskLines(change, now, told);
}

function planLines(
  change: Extract<PlanChange, { kind: 'plan' }>,
  now: number,
  told: Set<string>,
): Line[] {
  const { plan, before } = change;
  const lines: Line[] = [];
  const isNewStage = plan.status === 'planning' && plan.stage !== before?.stage;
  if (plan.status !== before?.status || plan.halted !== before.halted || isNewStage) {
    const note = plan.status === 'planning' ? plan.stage : plan.reason;
    lines.push(entry(now, ' ', 'plan', [planStatusSpan(plan), ...detail(note)]));
  }
  const said = new Set(before?.notices.map((notice) => notice.code + notice.message));
  for (const notice of plan.notices) {
    if (said.has(notice.code + notice.message)) continue;
    const style = notice.level === 'info' ? 'dim' : 'warn';
    lines.push(entry(now, '!', 'notice', [styled(style, notice.message)]));
  }
  const waits = new Set(plan.waiting.map((waiting) => waiting.command));
  for (const command of told) if (!waits.has(command)) told.delete(command);
  for (const waiting of plan.waiting) {
    if (told.has(waiting.command)) continue;
    told.add(waiting.command);
    lines.push(entry(now, '?', 'waiting', [waiting.for, ': ', styled('bold', waiting.command)]));
  }
  for (const pull of plan.pulls) {
    const old = before?.pulls.find(
      (each) => each.branch === pull.branch && each.repo === pull.repo,
    );
    if (pull.url === undefined || (old?.state === pull.state && old.ready === pull.ready)) continue;
    const state = pull.ready && pull.state === 'open' ? 'ready for you to merge' : pull.state;
    lines.push(entry(now, '◆', 'pull request', [`#${pull.number ?? ''} ${state}`, '  ', pull.url]));
  }
  return lines;
}

function taskLines(
  change: Extract<PlanChange, { kind: 'task' }>,
  now: number,
  told: Set<string>,
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
  const rest: Span[] = [styled(taskLook(task.status).style, taskStateText(task, now))];
  if (task.attempt > 1) rest.push(styled('dim', ` · try ${task.attempt}`));
  if (task.pullRequest !== undefined) rest.push(styled('dim', ` · #${task.pullRequest.number}`));
  const elapsed = taskElapsedMs(task, now);
  if (task.finishedAt !== undefined && elapsed !== undefined) {
    rest.push(styled('dim', ` · ${formatDuration(elapsed)}`));
  }
  if (task.status === 'awaiting_input') rest.push(...detail(task.question?.text));
  else if (task.reason !== before?.reason) rest.push(...detail(task.reason));
  const lines = [entry(now, taskGlyph(task.status), name, rest)];
  if (task.waiting !== undefined && !told.has(task.waiting.command)) {
    told.add(task.waiting.command);
    lines.push(entry(now, '?', '', [styled('bold', task.waiting.command)]));
  }
  return lines;
}

function entry(now: number, glyph: Span, name: string, rest: readonly Span[]): Line {
  const padded = padEnd(truncate(name, ID), ID);
  return [styled('dim', formatClock(now)), '  ', glyph, ' ', padded, '  ', ...rest];
}

function detail(text: string | undefined): Span[] {
  if (text === undefined || text === '') return [];
  return [styled('dim', ` · ${truncate(text.replace(/\s+/g, ' '), 160)}`)];
}
