import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInPeriod, monthOf, parsePeriod } from '../src/period.js';

test('parsePeriod parses years, months and spans of days', () => {
  assert.deepEqual(parsePeriod('2026'), { first: '2026-01-01', last: '2026-12-31' });
  assert.deepEqual(parsePeriod('2026-04'), { first: '2026-04-01', last: '2026-04-30' });
  assert.deepEqual(parsePeriod('2024-02'), { first: '2024-02-01', last: '2024-02-29' });
  assert.deepEqual(parsePeriod('2026-03-01..2026-03-15'), {
    first: '2026-03-01',
    last: '2026-03-15',
  });
});

test('parsePeriod throws for a text that is not a period', () => {
  for (const text of ['', '26', '2026-13', '2026-03-02', '2026-03-15..2026-03-01']) {
    assert.throws(() => parsePeriod(text), /not a period/);
  }
});

test('isInPeriod includes the first and the last day, and monthOf returns the month of a day', () => {
  const march = parsePeriod('2026-03');

  assert.equal(isInPeriod('2026-03-01', march), true);
  assert.equal(isInPeriod('2026-03-31', march), true);
  assert.equal(isInPeriod('2026-04-01', march), false);
  assert.equal(monthOf('2026-03-31'), '2026-03');
});
