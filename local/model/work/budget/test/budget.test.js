import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBudgets, WARN_PERCENT } from '../src/budget.js';
import { createEntry } from '../src/entry.js';
import { formatAmount } from '../src/money.js';

function spend(amount, category = 'food') {
  return createEntry({ date: '2026-03-02', amount, category });
}

function stateAfter(amount) {
  return checkBudgets([spend(amount)], { food: '100' }, '2026-03')[0].state;
}

test('a budget is fine, nearly used up or exceeded', () => {
  assert.equal(stateAfter('10'), 'fine');
  assert.equal(stateAfter(formatAmount(WARN_PERCENT * 100)), 'nearly');
  assert.equal(stateAfter('100'), 'nearly');
  assert.equal(stateAfter('100.01'), 'exceeded');
});

test('only the period and the category count, by any of its names', () => {
  const before = createEntry({ date: '2026-02-28', amount: '99', category: 'food' });
  const entries = [before, spend('20', 'Groceries'), spend('30', 'bus')];

  assert.deepEqual(checkBudgets(entries, { lunch: '100', home: '600' }, '2026-03'), [
    { category: 'food', limit: 10000, spent: 2000, state: 'fine' },
    { category: 'home', limit: 60000, spent: 0, state: 'fine' },
  ]);
});
