import type { Notice } from '../contract/notice.ts';
import type { Item, Page, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { ALL_NOTICES, formatNoticesPartition, KEY } from '../topology/table-keys.ts';
import { decodeDocument, encodeDocument, readNumber } from './document.ts';

// Notices of the last 30 days. The partition of a plan holds the notices of the plan; the index `changes` lists the notices of all
// plans.

const RETENTION_SECONDS = 30 * 86_400;

/** Page of notices; `next` is the cursor of the next page. */
export type NoticePage = { readonly items: Notice[]; readonly next?: string };

/** Stores a notice. A repeated delivery changes nothing. */
export async function putNotice(table: Table, notice: Notice): Promise<void> {
  const item: Item = {
    ...KEY.notice(notice),
    doc: encodeDocument(notice),
    changeKey: ALL_NOTICES,
    changedAt: notice.at,
    expiresAt: Math.floor(notice.at / 1_000) + RETENTION_SECONDS,
  };
  await table.put(item, ITEM_IS_ABSENT);
}

/** Page of notices to load, newest first. `now` in epoch milliseconds hides expired notices. */
export type NoticeQuery = {
  readonly limit: number;
  readonly cursor?: string;
  readonly now: number;
};

export async function listNotices(table: Table, query: NoticeQuery): Promise<NoticePage> {
  const { limit, cursor: after } = query;
  const page = await table.queryIndex('changes', ALL_NOTICES, { limit, after, reverse: true });
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

/** Reads the notices of a page without expired items, which the table removes with a delay. */
function readPage({ items, next }: Page, { now }: NoticeQuery): NoticePage {
  const current = items.filter((item) => readNumber(item, 'expiresAt') > now / 1_000);
  return { items: current.map((item) => decodeDocument<Notice>(item)), next };
}
