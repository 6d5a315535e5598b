import { expect, test } from 'vitest';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { loadLongText, putLongText, splitText } from './document.ts';

const KEY = { pk: 'P', sk: 'TEXT' };

test('the size of pieces is measured in bytes, and no piece splits a character', () => {
  const text = `${'計画'.repeat(40)}${'😀'.repeat(40)}end`;

  const pieces = splitText(text, 64);

  expect(pieces.join('')).toBe(text);
  for (const piece of pieces) {
    expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(64);
    expect(piece.isWellFormed()).toBe(true);
  }
});

test('a text above the size limit of an item is read back completely', async () => {
  const table = createMemoryTable();
  const text = '計'.repeat(700_000);

  await putLongText(table, KEY, text);

  expect(await loadLongText(table, KEY)).toBe(text);
});

test('the second writer does not change the text of the first', async () => {
  const table = createMemoryTable();
  const first = 'a'.repeat(700_000);

  expect(await putLongText(table, KEY, first, ITEM_IS_ABSENT)).toBe(true);
  expect(await putLongText(table, KEY, 'b'.repeat(800_000), ITEM_IS_ABSENT)).toBe(false);

  expect(await loadLongText(table, KEY)).toBe(first);
  expect(await loadLongText(table, { pk: 'P', sk: 'NONE' })).toBeUndefined();
});
