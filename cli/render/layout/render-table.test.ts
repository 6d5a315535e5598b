import { expect, test } from 'vitest';
import { measureLine, renderLines, styleSpan } from './line.ts';
import { renderTable } from './render-table.ts';

const PLAIN_FORMAT = { colour: false };

test('a column is as wide as its widest cell and can align right', () => {
  const columns = [{ header: 'name' }, { header: 'n', align: 'right' }] as const;

  const lines = renderTable(
    columns,
    [
      ['a', '1'],
      ['日本語', styleSpan('dim', '100')],
    ],
    80,
  );

  expect(renderLines(lines, PLAIN_FORMAT)).toEqual(['name      n', 'a         1', '日本語  100']);
});

test('the widest column shrinks first, and no column shrinks below its minimum', () => {
  const columns = [
    { header: '', shrinks: true, minWidth: 8 },
    { header: '', shrinks: true, minWidth: 4 },
    { header: '' },
  ];

  const lines = renderTable(columns, [['abcdefghij', 'klmnopqrstuvwxyz', 'fixed']], 24);

  expect(renderLines(lines, PLAIN_FORMAT)).toEqual(['abcdefg…  klmnop…  fixed']);
  expect(lines.every((line) => measureLine(line) <= 24)).toBe(true);
});

test('a column whose cells are all empty takes no width', () => {
  const columns = [{ header: '' }, { header: 'empty' }, { header: '' }];

  expect(renderLines(renderTable(columns, [['a', '', 'b']], 80), PLAIN_FORMAT)[1]).toBe('a  b');
});

test('the last cell of a short row reaches to the end of the line', () => {
  const columns = [{ header: '' }, { header: '', maxWidth: 6 }, { header: '' }];

  const lines = renderTable(
    columns,
    [
      ['a', 'state', 'x'.repeat(12)],
      ['b', 'after c, d, e'],
    ],
    80,
  );

  expect(renderLines(lines, PLAIN_FORMAT)).toEqual([
    `a  state  ${'x'.repeat(12)}`,
    'b  after c, d, e',
  ]);
});

test('control characters in a cell cannot break the table', () => {
  const lines = renderTable(
    [{ header: '' }, { header: '' }],
    [
      ['a\nb\u001b[5A', 'c'],
      ['d', 'e'],
    ],
    80,
  );

  expect(renderLines(lines, PLAIN_FORMAT)).toEqual(['a b  c', 'd    e']);
});
