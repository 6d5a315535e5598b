import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../../../core/contract/api.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import { hasTaskStopped } from '../../../core/contract/task-status.ts';
import type { ExitCode } from '../../cli-error.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand, parseNumberOption } from '../../define-command.ts';
import { formatCount } from '../../render/layout/format-figures.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { renderTranscriptEntry } from '../../render/render-task-detail.ts';
import { getWaitingCommand } from '../../render/render-waiting.ts';
import { getTaskLook } from '../../render/task-state.ts';
import { resolvePlan, resolveTask } from '../resolve-plan.ts';
import { followPlanLogs, printPlanLogs } from './plan-logs.ts';
import type { LogEntry, LogFilter, LogTarget } from './read-log.ts';
import { filterEntries, LOG_FILTER_OPTIONS, parseLogFilter, readEntriesAfter } from './read-log.ts';

/** Pause between two polls: `min` after new entries, growing to `max` without new entries. */
const PAUSE_MS = { min: 250, max: 2_000 };

export const taskLogsCommand = defineCommand({
  name: 'task logs',
  summary: 'show what the agents of a plan, or the agent of a task, say and do (also: logs)',
  usage: 'PLAN [TASK] [--follow] [--since TIME] [--tail N] [--attempt N]',
  argumentCount: { min: 1, max: 2 },
  options: {
    follow: {
      type: 'boolean',
      short: 'f',
      help: 'print new entries, of later attempts too, until the task or the plan stops',
    },
    attempt: { type: 'string', value: 'N', help: 'number of an attempt; default: the newest' },
    ...LOG_FILTER_OPTIONS,
  },
  async run(context, args, values) {
    const attempt = parseNumberOption('attempt', values.attempt, { min: 1, whole: true });
    if (attempt !== undefined && values.follow === true) {
      throw createUsageError('--follow always starts at the newest attempt: leave --attempt out');
    }
    const filter = parseLogFilter(values, context.host.now());
    const client = await context.client();
    const [firstArgument = ''] = args;
    if (args.length === 1 && !firstArgument.includes('/')) {
      if (attempt !== undefined)
        throw createUsageError('--attempt needs a task: give PLAN TASK, or leave --attempt out');
      const plan = await resolvePlan(client, firstArgument);
      return values.follow === true
        ? followPlanLogs(context, client, plan, filter)
        : printPlanLogs(context, client, plan, filter);
    }
    const { plan, task } = await resolveTask(client, args);
    const target = { plan, task };
    if (values.follow === true) return followLogs(context, client, target, filter);
    const newestAttempt = (await client.call(API.getTask, { params: target })).attempt;
    if (attempt !== undefined && attempt > Math.max(1, newestAttempt)) {
      throw createUsageError(
        `task ${task} has no attempt ${attempt}: it has had ${formatCount(newestAttempt, 'attempt')}`,
      );
    }
    const shownAttempt = attempt ?? newestAttempt;
    const log = await readEntriesAfter(client, target, Math.max(1, shownAttempt), 0);
    const entries = filterEntries(log.entries, filter);
    if (context.terminal.isJson) context.terminal.printJson({ items: entries });
    else if (entries.length === 0)
      context.terminal.printLines([['The log of this attempt is empty so far.']]);
    else context.terminal.printLines(entries.flatMap(renderTranscriptEntry));
    return EXIT.done;
  },
});

/** Prints each attempt to its end, then the next attempt, until the task stops. */
async function followLogs(
  context: CommandContext,
  client: Client,
  target: LogTarget,
  filter: LogFilter,
): Promise<ExitCode> {
  const { terminal, host } = context;
  const abort = new AbortController();
  const removeHandler = host.onInterrupt(() => abort.abort());
  let attempt = 0;
  let after = 0;
  let isPast = true;
  let pauseMs = PAUSE_MS.min;
  try {
    for (;;) {
      // Reading the task before its log ensures that the log of a stopped task is complete.
      const task = await client.call(API.getTask, { params: target });
      if (attempt === 0) attempt = task.attempt;
      const newLog =
        attempt === 0
          ? { entries: [], after: 0 }
          : await readEntriesAfter(client, target, attempt, after);
      after = newLog.after;
      printEntries(context, isPast ? filterEntries(newLog.entries, filter) : newLog.entries);
      isPast = false;
      if (task.attempt > attempt) {
        attempt += 1;
        after = 0;
        if (!terminal.isJson && attempt > 1)
          terminal.printLines([[styleSpan('dim', `── attempt ${attempt}`)]]);
        continue;
      }
      if (hasTaskStopped(task.status)) return printStoppedTask(context, task);
      pauseMs = newLog.entries.length > 0 ? PAUSE_MS.min : Math.min(pauseMs * 1.5, PAUSE_MS.max);
      await delay(pauseMs, undefined, { signal: abort.signal });
    }
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    removeHandler();
  }
}

function printEntries({ terminal }: CommandContext, entries: readonly LogEntry[]): void {
  for (const entry of entries) {
    if (terminal.isJson) terminal.printJson(entry, 'line');
    else terminal.printLines(renderTranscriptEntry(entry));
  }
}

function printStoppedTask({ terminal }: CommandContext, task: TaskView): ExitCode {
  const look = getTaskLook(task.status);
  const reason = task.reason === undefined ? '' : `: ${task.reason}`;
  terminal.printNotes([[styleSpan(look.style, `${look.glyph} ${task.id} ${look.label}`), reason]]);
  if (task.waiting !== undefined)
    terminal.printNotes([['    ', styleSpan('bold', getWaitingCommand(task.waiting))]]);
  return EXIT.done;
}
