import type { IndexName } from '../port/table.ts';

/** Definition of an index, which lists the items that have both attributes. */
export type IndexDefinition = {
  readonly name: IndexName;
  /** Attribute with the partition of the index, a string. */
  readonly hash: string;
  /** Attribute with the position in the partition, a number. */
  readonly range: string;
  /**
   * Attributes that a query returns besides all key attributes. A write of another attribute does not cost a write of the index.
   */
  readonly projects: 'all' | readonly string[];
};

/** Names of the attributes and indexes of the table. */
export const TABLE = {
  pk: 'pk',
  sk: 'sk',
  /** Sparse indexes: an item without both attributes of an index is not in the index. */
  indexes: [
    /** Items that a handler must look at by a given time, spread over 16 shards. */
    { name: 'due', hash: 'dueShard', range: 'dueAt', projects: ['status'] },
    /** Ready tasks of a run by rank, active plans, and plans that wait for a person. */
    { name: 'ready', hash: 'readyKey', range: 'rank', projects: 'all' },
    /** Items of a plan by time of change. */
    { name: 'changes', hash: 'changeKey', range: 'changedAt', projects: 'all' },
  ] satisfies readonly IndexDefinition[],
  /**
   * Expiry in epoch seconds, for tickets, delivery ids and old transcripts. DynamoDB deletes late, so readers check expiry
   * themselves.
   */
  ttl: 'expiresAt',
} as const;
