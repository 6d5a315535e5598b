import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCsv, parseCsv } from '../src/csv.js';

test('rows are split into fields', () => {
  assert.deepEqual(parseCsv('a,b\r\n\r\nc,\n'), [
    ['a', 'b'],
    ['c', ''],
  ]);
});

test('a quoted field holds commas, quotes and line ends', () => {
  assert.deepEqual(parseCsv('"a,b","say ""hi""","two\nlines"'), [
    ['a,b', 'say "hi"', 'two\nlines'],
  ]);
});

test('a field that does not end is refused', () => {
  assert.throws(() => parseCsv('"a,b'), /does not end/);
});

test('what is written is read again', () => {
  const rows = [
    ['date', 'note'],
    ['2026-03-02', 'bread, "dark"\nand cheese'],
  ];

  assert.deepEqual(parseCsv(formatCsv(rows)), rows);
});
