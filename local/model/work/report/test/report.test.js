import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEntry } from '../src/entry.js';
import { formatReport, monthlyReport } from '../src/report.js';

const entries = [
  ['2026-02-27', '40', 'food'],
  ['2026-03-02', '12.50', 'Lunch'],
  ['2026-03-03', '2.80', 'bus'],
  ['2026-03-09', '7.50', 'food'],
].map(([date, amount, category]) => createEntry({ date, amount, category }));

test('monthlyReport sums each month of the period by category', () => {
  assert.deepEqual(monthlyReport(entries, '2026-03'), [
    {
      month: '2026-03',
      cents: 2280,
      categories: [
        { category: 'food', cents: 2000 },
        { category: 'transport', cents: 280 },
      ],
    },
  ]);
  assert.deepEqual(
    monthlyReport(entries, '2026').map(({ month }) => month),
    ['2026-02', '2026-03'],
  );
});

test('formatReport aligns the amounts in a column', () => {
  assert.deepEqual(formatReport(monthlyReport(entries, '2026-02')), [
    '2026-02            40.00',
    '  food             40.00',
  ]);
});
