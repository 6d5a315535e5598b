import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBudgets, WARN_PERCENT } from '../src/budget.js';
import { createEntry } from '../src/entry.js';
import { formatAmount } from '../src/money.js';

function createExpense(amount, category = 'food') {
  return createEntry({ date: '2026-03-02', amount, category });
}

function getStateAfterExpense(amount) {
  return checkBudgets([createExpense(amount)], { food: '100' }, '2026-03')[0].state;
}

test('checkBudgets reports whether a budget is fine, nearly used up or exceeded', () => {
  assert.equal(getStateAfterExpense('10'), 'fine');
  assert.equal(getStateAfterExpense(formatAmount(WARN_PERCENT * 100)), 'nearly');
  assert.equal(getStateAfterExpense('100'), 'nearly');
  assert.equal(getStateAfterExpense('100.01'), 'exceeded');
});

test('checkBudgets counts only entries of the period, under every name of the category', () => {
  const earlierEntry = createEntry({ date: '2026-02-28', amount: '99', category: 'food' });
  const entries = [earlierEntry, createExpense('20', 'Groceries'), createExpense('30', 'bus')];

  assert.deepEqual(checkBudgets(entries, { lunch: '100', home: '600' }, '2026-03'), [
    { category: 'food', limit: 10000, spent: 2000, state: 'fine' },
    { category: 'home', limit: 60000, spent: 0, state: 'fine' },
  ]);
});
