import { API } from '../../../core/contract/api.ts';
import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
import { createUsageError } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import { parseNumberOption } from '../../define-command.ts';

const PAGE_SIZE = 200;

/** Task whose log is read. */
export type LogTarget = { readonly plan: string; readonly task: string };
/** An entry with its attempt and `n`, the number of its chunk within the attempt. */
export type LogEntry = TranscriptEntry & { readonly attempt: number; readonly n: number };

/** Reads the entries of the chunks after number `startAfter`, and returns the number of the last chunk as `after`. */
export async function readEntriesAfter(
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

/** Selects entries of the past: entries from `since` on (epoch milliseconds), and of these the last `tail`. */
export type LogFilter = { readonly since: number; readonly tail: number };

/** Options that select entries of a log. */
export const LOG_FILTER_OPTIONS = {
  since: { type: 'string', value: 'TIME', help: 'only entries of the last TIME: 30s, 10m, 2h, 1d' },
  tail: { type: 'string', value: 'N', help: 'only the last N entries of the past' },
} as const;

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export function parseLogFilter(
  values: { readonly since?: string | undefined; readonly tail?: string | undefined },
  now: number,
): LogFilter {
  const tail = parseNumberOption('tail', values.tail, { min: 0, whole: true });
  const { since } = values;
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(since ?? '') ?? [];
  if (since !== undefined && count === '')
    throw createUsageError(`--since takes a time such as 30s, 10m, 2h or 1d, not "${since}"`);
  return {
    since: since === undefined ? 0 : now - Number(count) * (UNIT_MS[unit] ?? 0),
    tail: tail ?? Number.POSITIVE_INFINITY,
  };
}

export function filterEntries<E extends { readonly at: number }>(
  entries: readonly E[],
  { since, tail }: LogFilter,
): E[] {
  const recentEntries = entries.filter(({ at }) => at >= since);
  return recentEntries.slice(Math.max(0, recentEntries.length - tail));
}
