import { expect, test } from 'vitest';
import { listPages } from './list-pages.ts';

const PAGES: Record<string, { readonly items: number[]; readonly next?: string }> = {
  first: { items: [1, 2], next: 'empty' },
  empty: { items: [], next: 'last' },
  last: { items: [3] },
};

test('yields the items of all pages in order and continues after an empty page', async () => {
  const items = await Array.fromAsync(
    listPages(async (after) => PAGES[after ?? 'first'] ?? { items: [] }),
  );

  expect(items).toEqual([1, 2, 3]);
});

test('reads no page beyond the item at which the caller stops', async () => {
  const readCursors: (string | undefined)[] = [];
  const items = listPages(async (after) => {
    readCursors.push(after);
    return PAGES[after ?? 'first'] ?? { items: [] };
  });

  for await (const item of items) if (item === 2) break;

  expect(readCursors).toEqual([undefined]);
});
