import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../../../core/contract/api.ts';
import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
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
import { resolveTask } from '../resolve-plan.ts';

const PAGE_SIZE = 200;
/** Pause between two polls: `min` after new entries, growing to `max` without new entries. */
const PAUSE_MS = { min: 250, max: 2_000 };
type LogTarget = { readonly plan: string; readonly task: string };
/** An entry with its attempt and `n`, the number of its chunk within the attempt. */
type LogEntry = TranscriptEntry & { readonly attempt: number; readonly n: number };

export const taskLogsCommand = defineCommand({
  name: 'task logs',
  summary: 'show what the agent of a task says and does',
  usage: 'PLAN TASK [--follow] [--attempt N]',
  argumentCount: { min: 1, max: 2 },
  options: {
    follow: {
      type: 'boolean',
      short: 'f',
      help: 'print new entries, of later attempts too, until the task stops',
    },
    attempt: { type: 'string', value: 'N', help: 'number of an attempt; default: the newest' },
  },
  async run(context, args, values) {
    const attempt = parseNumberOption('attempt', values.attempt, { min: 1, whole: true });
    if (attempt !== undefined && values.follow === true) {
      throw createUsageError('--follow always starts at the newest attempt: leave --attempt out');
    }
    const client = await context.client();
    const { plan, task } = await resolveTask(client, args);
    const target = { plan, task };
    if (values.follow === true) return followLogs(context, client, target);
    const newestAttempt = (await client.call(API.getTask, { params: target })).attempt;
    if (attempt !== undefined && attempt > Math.max(1, newestAttempt)) {
      throw createUsageError(
        `task ${task} has no attempt ${attempt}: it has had ${formatCount(newestAttempt, 'attempt')}`,
      );
    }
    const shownAttempt = attempt ?? newestAttempt;
    const { entries } = await readEntriesAfter(client, target, Math.max(1, shownAttempt), 0);
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
): Promise<ExitCode> {
  const { terminal, host } = context;
  const abort = new AbortController();
  const removeHandler = host.onInterrupt(() => abort.abort());
  let attempt = 0;
  let after = 0;
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
      printEntries(context, newLog.entries);
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

/** Reads the entries of the chunks after number `startAfter`, and returns the number of the last chunk as `after`. */
async function readEntriesAfter(
  client: Client,
  target: LogTarget,
  attempt: number,
  startAfter: number,
): Promise<{ readonly entries: LogEntry[]; readonly after: number }> {
  const entries: LogEntry[] = [];
  let after = startAfter;
  for (;;) {
    const query = { attempt, after, limit: PAGE_SIZE };
    const { items } = await client.call(API.taskLog, { params: target, query });
    const newChunks = items.filter((chunk) => chunk.n > after).toSorted((a, b) => a.n - b.n);
    for (const chunk of newChunks) {
      after = Math.max(after, chunk.n);
      for (const entry of chunk.entries) entries.push({ attempt, n: chunk.n, ...entry });
    }
    if (newChunks.length === 0) return { entries, after };
  }
}
