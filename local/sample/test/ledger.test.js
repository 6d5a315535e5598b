import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEntry, isDate } from '../src/entry.js';
import { addEntry, totalOf } from '../src/ledger.js';

function entry(date, amount, category = 'food') {
  return createEntry({ date, amount, category });
}

test('createEntry rejects an invalid date and an empty category', () => {
  assert.deepEqual(entry('2026-03-02', '12.50'), {
    date: '2026-03-02',
    cents: 1250,
    category: 'food',
    note: '',
  });
  assert.throws(() => entry('2026-02-30', '1'), /not a date/);
  assert.throws(() => entry('2026-03-02', '1', ' '), /needs a category/);
});

test('isDate accepts only days of the calendar', () => {
  assert.equal(isDate('2024-02-29'), true);
  assert.equal(isDate('2026-02-29'), false);
  assert.equal(isDate('3.2.2026'), false);
});

test('addEntry sorts entries by date', () => {
  const late = entry('2026-03-05', '1');
  const early = entry('2026-03-01', '2');
  const sameDay = entry('2026-03-01', '3');

  const entries = [late, early, sameDay].reduce(addEntry, []);

  assert.deepEqual(entries, [early, sameDay, late]);
  assert.equal(totalOf(entries), 600);
});
