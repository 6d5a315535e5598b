import type { IndexName } from '../port/table.ts';

/** Definition of an index, which lists the items that have both attributes. */
export type IndexDefinition = {
  readonly name: IndexName;
  /** Names of the attributes that are the hash key and the range key of the index. */
  readonly hash: string;
  readonly range: string;
};

/** Names of the attributes and indexes of the table. */
export const TABLE = {
  pk: 'pk',
  sk: 'sk',
  /** Indexes; each has a string hash, a number range and projects all attributes. */
  indexes: [
    /** Items that a handler must look at by a given time, spread over 16 shards. */
    { name: 'due', hash: 'dueShard', range: 'dueAt' },
    /** Ready tasks of a run by rank, active plans, and open plans. */
    { name: 'ready', hash: 'readyKey', range: 'rank' },
    /** Items of a plan by time of change. */
    { name: 'changes', hash: 'changeKey', range: 'changedAt' },
  ] satisfies readonly IndexDefinition[],
  /** Expiry in epoch seconds, for tickets, delivery ids and old transcripts. DynamoDB deletes late, so readers check expiry themselves. */
  ttl: 'expiresAt',
} as const;
