import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalCategory, FALLBACK, groupByCategory } from '../src/category.js';

test('canonicalCategory ignores case and spaces, resolves aliases, and has a fallback', () => {
  assert.equal(canonicalCategory('  Groceries '), 'food');
  assert.equal(canonicalCategory('FOOD'), 'food');
  assert.equal(canonicalCategory('Garden  tools'), 'garden-tools');
  assert.equal(canonicalCategory(' '), FALLBACK);
});

test('groupByCategory groups entries by canonical name, in alphabetical order', () => {
  const entries = ['train', 'Lunch', 'bus', 'food'].map((category) => ({ category }));

  const groups = groupByCategory(entries);

  assert.deepEqual([...groups.keys()], ['food', 'transport']);
  assert.deepEqual(
    groups.get('food').map((entry) => entry.category),
    ['Lunch', 'food'],
  );
});
