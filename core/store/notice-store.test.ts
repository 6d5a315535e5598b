import { expect, test } from 'vitest';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { createNotice } from '../contract/notice.ts';
import { listNotices, listPlanNotices, putNotice } from './notice-store.ts';

const DAY_MS = 86_400_000;
const NOW = 100 * DAY_MS;

function createSampleNotice(plan: string, version: number, at: number) {
  const subject = { plan, run: 1, version, at, title: 'Logins' };
  return createNotice(subject, { kind: 'halted', text: 'No task can continue.' });
}

test('a repeated delivery stores one notice', async () => {
  const table = createMemoryTable();
  const notice = createSampleNotice('p0123456789', 4, NOW);

  await putNotice(table, notice);
  await putNotice(table, notice);

  expect(await listPlanNotices(table, notice.plan, { limit: 10, now: NOW })).toEqual({
    items: [notice],
    next: undefined,
  });
});

test('notices of a plan and of all plans are listed in pages, newest first', async () => {
  const table = createMemoryTable();
  const [first, second, other] = [
    createSampleNotice('p0123456789', 4, NOW),
    createSampleNotice('p0123456789', 9, NOW + 2),
    createSampleNotice('p0123456788', 5, NOW + 1),
  ];
  for (const notice of [second, first, other]) await putNotice(table, notice);

  const allNotices = await listNotices(table, { limit: 10, now: NOW });
  const firstPage = await listPlanNotices(table, first.plan, { limit: 1, now: NOW });
  const secondPage = await listPlanNotices(table, first.plan, {
    limit: 1,
    cursor: firstPage.next,
    now: NOW,
  });

  expect(allNotices.items).toEqual([second, other, first]);
  expect([firstPage.items, secondPage.items]).toEqual([[second], [first]]);
});

test('a notice is hidden after 30 days', async () => {
  const table = createMemoryTable();
  const notice = createSampleNotice('p0123456789', 4, NOW);
  await putNotice(table, notice);

  const days = [29, 31].map((day) => NOW + day * DAY_MS);
  const pages = await Promise.all(days.map((now) => listNotices(table, { limit: 10, now })));

  expect(pages.map(({ items }) => items.length)).toEqual([1, 0]);
});
