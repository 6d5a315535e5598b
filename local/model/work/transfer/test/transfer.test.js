import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEntry } from '../src/entry.js';
import { exportCsv, importCsv } from '../src/transfer.js';

const lunch = createEntry({
  date: '2026-03-02',
  amount: '12.50',
  category: 'food',
  note: 'bread, cheese',
});

test('importCsv adds exported entries once and skips them the second time', () => {
  const text = exportCsv([lunch]);

  assert.equal(text, 'date,amount,category,note\n2026-03-02,12.50,food,"bread, cheese"\n');
  assert.deepEqual(importCsv([], text), { entries: [lunch], added: 1, skipped: 0 });
  assert.deepEqual(importCsv([lunch], text), { entries: [lunch], added: 0, skipped: 1 });
});

test('importCsv accepts columns in any order and makes categories canonical', () => {
  const { entries } = importCsv([], 'category,date,amount\nBus,2026-03-03,2.80\n');

  assert.deepEqual(entries, [
    createEntry({ date: '2026-03-03', amount: '2.80', category: 'transport' }),
  ]);
});

test('importCsv names the invalid line or the missing columns in the error', () => {
  assert.throws(() => importCsv([], 'date,amount,category\nsoon,1,food\n'), /line 2: not a date/);
  assert.throws(() => importCsv([], 'date,note\n'), /no column amount, category/);
});
