import { expect, test } from 'vitest';
import type { Line } from './line.ts';
import { justifyLine, measureLine, renderLine, styleSpan } from './line.ts';

const LINE: Line = [styleSpan('good', '✓ '), 'done ', styleSpan('dim', '12s')];

test('colours stand around the text they are for, and only when asked', () => {
  expect(renderLine(LINE, { colour: true })).toBe(
    '\u001b[32m✓ \u001b[0mdone \u001b[2m12s\u001b[0m',
  );
  expect(renderLine(LINE, { colour: false })).toBe('✓ done 12s');
});

test('text cannot bring its own escape sequences or lines', () => {
  const hostile: Line = [styleSpan('bad', 'a\u001b[2J\nb'), '\u001b]0;x\u0007c'];

  expect(renderLine(hostile, { colour: false })).toBe('a bc');
  expect(measureLine(hostile)).toBe(4);
});

test('a line is cut where the paper ends, across spans', () => {
  const cut = (columns: number) => renderLine(LINE, { colour: false, columns });

  expect(cut(10)).toBe('✓ done 12s');
  expect(cut(9)).toBe('✓ done 1…');
  expect(cut(7)).toBe('✓ done…');
  expect(cut(2)).toBe('✓…');
});

test('spread puts two ends apart and lets the left one give way', () => {
  const wide = justifyLine(['left'], [styleSpan('dim', 'right')], 20);
  const narrow = justifyLine(['a very long left side'], ['right'], 16);

  expect(renderLine(wide, { colour: false })).toBe('left           right');
  expect(renderLine(narrow, { colour: false })).toBe('a very l…  right');
});
