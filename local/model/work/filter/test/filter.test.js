import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEntry } from '../src/entry.js';
import { filterEntries } from '../src/filter.js';

const lunch = createEntry({ date: '2026-03-02', amount: '9', category: 'food', note: 'Lunch' });
const train = createEntry({ date: '2026-03-03', amount: '28', category: 'transport' });
const rent = createEntry({ date: '2026-03-04', amount: '640', category: 'home', note: 'March' });
const entries = [lunch, train, rent];

test('filterEntries finds a text in note and category, regardless of case', () => {
  assert.deepEqual(filterEntries(entries, { text: 'LUNCH' }), [lunch]);
  assert.deepEqual(filterEntries(entries, { text: 'port' }), [train]);
  assert.deepEqual(filterEntries(entries), entries);
});

test('filterEntries compares amounts as numbers, not as texts', () => {
  assert.deepEqual(filterEntries(entries, { min: '10' }), [train, rent]);
  assert.deepEqual(filterEntries(entries, { max: '100.00' }), [lunch, train]);
});

test('filterEntries applies all criteria together', () => {
  assert.deepEqual(filterEntries(entries, { text: 'm', min: '5', max: '700' }), [rent]);
});
