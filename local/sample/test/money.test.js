import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount, parseAmount } from '../src/money.js';

test('parseAmount returns whole cents', () => {
  assert.equal(parseAmount('12.50'), 1250);
  assert.equal(parseAmount('12,5'), 1250);
  assert.equal(parseAmount(' 12 '), 1200);
  assert.equal(parseAmount('0.29'), 29);
});

test('parseAmount throws for a text that is not an amount', () => {
  for (const text of ['', '-1', '1.234', 'twelve', '1e3']) {
    assert.throws(() => parseAmount(text), /not an amount/);
  }
});

test('formatAmount writes two digits after the point', () => {
  assert.equal(formatAmount(1250), '12.50');
  assert.equal(formatAmount(5), '0.05');
  assert.equal(formatAmount(-1250), '-12.50');
});
