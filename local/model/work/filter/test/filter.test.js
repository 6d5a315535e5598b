import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEntry } from '../src/entry.js';
import { filterEntries } from '../src/filter.js';

const lunch = createEntry({ date: '2026-03-02', amount: '9', category: 'food', note: 'Lunch' });
const train = createEntry({ date: '2026-03-03', amount: '28', category: 'transport' });
const rent = createEntry({ date: '2026-03-04', amount: '640', category: 'home', note: 'March' });
const entries = [lunch, train, rent];

test('text is found in note and category, in any case', () => {
  assert.deepEqual(filterEntries(entries, { text: 'LUNCH' }), [lunch]);
  assert.deepEqual(filterEntries(entries, { text: 'port' }), [train]);
  assert.deepEqual(filterEntries(entries), entries);
});

test('amounts are compared as amounts and not as text', () => {
  assert.deepEqual(filterEntries(entries, { min: '10' }), [train, rent]);
  assert.deepEqual(filterEntries(entries, { max: '100.00' }), [lunch, train]);
});

test('all wishes hold at once', () => {
  assert.deepEqual(filterEntries(entries, { text: 'm', min: '5', max: '700' }), [rent]);
});
