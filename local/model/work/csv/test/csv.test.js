import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCsv, parseCsv } from '../src/csv.js';

test('parseCsv splits rows into fields and skips empty lines', () => {
  assert.deepEqual(parseCsv('a,b\r\n\r\nc,\n'), [
    ['a', 'b'],
    ['c', ''],
  ]);
});

test('parseCsv accepts commas, doubled quotes and line ends in a quoted field', () => {
  assert.deepEqual(parseCsv('"a,b","say ""hi""","two\nlines"'), [
    ['a,b', 'say "hi"', 'two\nlines'],
  ]);
});

test('parseCsv throws for a quoted field that does not end', () => {
  assert.throws(() => parseCsv('"a,b'), /does not end/);
});

test('parseCsv returns the rows that formatCsv wrote', () => {
  const rows = [
    ['date', 'note'],
    ['2026-03-02', 'bread, "dark"\nand cheese'],
  ];

  assert.deepEqual(parseCsv(formatCsv(rows)), rows);
});
