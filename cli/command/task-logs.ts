import { setTimeout as delay } from 'node:timers/promises';
import { API } from '../../core/contract/api.ts';
import type { TranscriptEntry } from '../../core/contract/attempt.ts';
import type { TaskView } from '../../core/contract/task.ts';
import type { ExitCode } from '../cli-error.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { defineCommand, numberOption } from '../command.ts';
import { styled } from '../render/line.ts';
import { renderEntry } from '../render/task-detail.ts';
import { taskLook } from '../render/task-state.ts';
import { taskOf } from './plan-word.ts';

const PAGE = 200;
const PAUSE_MS = { min: 250, max: 2_000 };
const RESTING = new Set<TaskView['status']>(['merged', 'blocked', 'failed', 'cancelled']);

type Target = { readonly plan: string; readonly task: string };
type Entry = TranscriptEntry & { readonly attempt: number; readonly n: number };

export const taskLogs = defineCommand({
  name: 'task logs',
  summary: 'what the agent says and does',
  usage: 'PLAN TASK [--follow] [--attempt N]',
  words: { min: 1, max: 2 },
  options: {
    follow: { type: 'boolean', short: 'f', help: 'go on as it is said, through later attempts' },
    attempt: { type: 'string', value: 'N', help: 'an earlier attempt; default: the newest' },
  },
  async run(context, words, values) {
    const attempt = numberOption('attempt', values.attempt, { min: 1, whole: true });
    if (attempt !== undefined && values.follow === true) {
      throw usageError('--follow goes with the newest attempt: leave --attempt out');
    }
    const client = await context.client();
    const target = await taskOf(client, words);
    if (values.follow === true) return follow(context, client, target);
    const newest = attempt ?? (await client.call(API.getTask, { params: pair(target) })).attempt;
    const { entries } = await readFrom(client, target, Math.max(1, newest), 0);
    if (context.terminal.json) context.terminal.printJson({ items: entries });
    else if (entries.length === 0) context.terminal.print([['Nothing was said yet.']]);
    else context.terminal.print(entries.flatMap(renderEntry));
    return EXIT.done;
  },
});

function pair({ plan, task }: Target): Target {
  return { plan, task };
}

/** Each attempt to its end, then the next; until the task rests. */
async function follow(context: Context, client: Client, target: Target): Promise<ExitCode> {
  const { terminal, host } = context;
  const abort = new AbortController();
  const release = host.onInterrupt(() => abort.abort());
  let attempt = 0;
  let after = 0;
  let pause = PAUSE_MS.min;
  try {
    for (;;) {
      // The task is read first: when it rests, all that was said before is there to be read.
      const task = await client.call(API.getTask, { params: pair(target) });
      if (attempt === 0) attempt = task.attempt;
      const step =
        attempt === 0 ? { entries: [], after: 0 } : await readFrom(client, target, attempt, after);
      after = step.after;
      printEntries(context, step.entries);
      if (task.attempt > attempt) {
        attempt += 1;
        after = 0;
        if (!terminal.json && attempt > 1) terminal.print([[styled('dim', `── try ${attempt}`)]]);
        continue;
      }
      if (RESTING.has(task.status)) return sayRest(context, task);
      pause = step.entries.length > 0 ? PAUSE_MS.min : Math.min(pause * 1.5, PAUSE_MS.max);
      await delay(pause, undefined, { signal: abort.signal });
    }
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    release();
  }
}

function printEntries({ terminal }: Context, entries: readonly Entry[]): void {
  for (const entry of entries) {
    if (terminal.json) terminal.printJson(entry, 'line');
    else terminal.print(renderEntry(entry));
  }
}

function sayRest({ terminal }: Context, task: TaskView): ExitCode {
  const look = taskLook(task.status);
  const reason = task.reason === undefined ? '' : `: ${task.reason}`;
  terminal.note([[styled(look.style, `${look.glyph} ${task.id} ${look.label}`), reason]]);
  if (task.waiting !== undefined) terminal.note([['    ', styled('bold', task.waiting.command)]]);
  return EXIT.done;
}

async function readFrom(
  client: Client,
  target: Target,
  attempt: number,
  start: number,
): Promise<{ entries: Entry[]; after: number }> {
  const entries: Entry[] = [];
  let after = start;
  for (;;) {
    const query = { attempt, after, limit: PAGE };
    const { items } = await client.call(API.taskLog, { params: pair(target), query });
    const fresh = items.filter((chunk) => chunk.n > after).toSorted((a, b) => a.n - b.n);
    for (const chunk of fresh) {
      after = Math.max(after, chunk.n);
      for (const entry of chunk.entries) entries.push({ attempt, n: chunk.n, ...entry });
    }
    if (fresh.length === 0) return { entries, after };
  }
}
