import type { IndexName } from '../port/table.ts';

// One table. Every index is sparse: an item is in it while it has both attributes.

export type IndexRow = { readonly name: IndexName; readonly hash: string; readonly range: string };

export const TABLE = {
  pk: 'pk',
  sk: 'sk',
  /** All with a string hash, a number range and all attributes projected. */
  indexes: [
    /** What owes work by a time; 16 shards. */
    { name: 'due', hash: 'dueShard', range: 'dueAt' },
    /** Ready tasks of a run by rank; active plans under one hash, open ones under another. */
    { name: 'ready', hash: 'readyKey', range: 'rank' },
    /** Everything of a plan by time of change. */
    { name: 'changes', hash: 'changeKey', range: 'changedAt' },
  ] satisfies readonly IndexRow[],
  /** Epoch seconds, for what may be forgotten: tickets, idempotency keys, old transcripts. Removal is lazy and no rule depends on it. */
  ttl: 'expiresAt',
} as const;
