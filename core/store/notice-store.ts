import type { Notice } from '../contract/notice.ts';
import type { Item, Page, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { ALL_NOTICES, formatNoticesPartition, KEY } from '../topology/table-keys.ts';
import { decodeDocument, encodeDocument, readNumber } from './document.ts';

// Notices of the last 30 days. The partition of a plan lists its own notices, and the index `changes` the notices of all plans.

const RETENTION_S = 30 * 86_400;

export type NoticePage = { readonly items: Notice[]; readonly next?: string };

/** Stores a notice. A repeated delivery changes nothing. */
export async function putNotice(table: Table, notice: Notice): Promise<void> {
  const item: Item = {
    ...KEY.notice(notice),
    doc: encodeDocument(notice),
    changeKey: ALL_NOTICES,
    changedAt: notice.at,
    expiresAt: Math.floor(notice.at / 1_000) + RETENTION_S,
  };
  await table.put(item, ITEM_IS_ABSENT);
}

/** Loads a page of notices, newest first; `now` in epoch milliseconds. */
export type NoticeQuery = {
  readonly limit: number;
  readonly cursor?: string;
  readonly now: number;
};

export async function listNotices(table: Table, query: NoticeQuery): Promise<NoticePage> {
  const { limit, cursor: after } = query;
  const page = await table.index('changes', ALL_NOTICES, { limit, after, reverse: true });
  return readPage(page, query);
}

export async function listPlanNotices(
  table: Table,
  plan: string,
  query: NoticeQuery,
): Promise<NoticePage> {
  const { limit, cursor: after } = query;
  const page = await table.query(formatNoticesPartition(plan), { limit, after, reverse: true });
  return readPage(page, query);
}

/** The table removes expired items only some time after they have expired. */
function readPage({ items, next }: Page, { now }: NoticeQuery): NoticePage {
  const kept = items.filter((item) => readNumber(item, 'expiresAt') > now / 1_000);
  return { items: kept.map((item) => decodeDocument<Notice>(item)), next };
}

// Notices that are not enqueued yet are an attribute of the item whose transition caused them.

/** Returns the notices of an item that are not known to be enqueued, oldest first. */
export function readPendingNotices(item: Item): Notice[] {
  return item.notices === undefined ? [] : decodeDocument<Notice[]>(item, 'notices');
}

/** Builds the change that replaces the pending notices of an item. */
export function buildPendingNoticesChange(notices: readonly Notice[]): {
  readonly set: Record<string, string>;
  readonly remove: readonly string[];
} {
  return notices.length === 0
    ? { set: {}, remove: ['notices'] }
    : { set: { notices: encodeDocument(notices) }, remove: [] };
}
