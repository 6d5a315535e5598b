import { expect, test } from 'vitest';
import type { Line } from './line.ts';
import { justifyLine, measureLine, renderLine, styleSpan } from './line.ts';

const LINE: Line = [styleSpan('good', '✓ '), 'done ', styleSpan('dim', '12s')];

test('colour codes surround styled text, if the format has colours', () => {
  expect(renderLine(LINE, { colour: true })).toBe(
    '\u001b[32m✓ \u001b[0mdone \u001b[2m12s\u001b[0m',
  );
  expect(renderLine(LINE, { colour: false })).toBe('✓ done 12s');
});

test('escape sequences and line breaks in a text are removed', () => {
  const hostile: Line = [styleSpan('bad', 'a\u001b[2J\nb'), '\u001b]0;x\u0007c'];

  expect(renderLine(hostile, { colour: false })).toBe('a bc');
  expect(measureLine(hostile)).toBe(4);
});

test('a line of several spans is cut at the given width', () => {
  const renderCut = (columns: number) => renderLine(LINE, { colour: false, columns });

  expect(renderCut(10)).toBe('✓ done 12s');
  expect(renderCut(9)).toBe('✓ done 1…');
  expect(renderCut(7)).toBe('✓ done…');
  expect(renderCut(2)).toBe('✓…');
});

test('justifyLine puts two parts at both ends and cuts the left part', () => {
  const wide = justifyLine(['left'], [styleSpan('dim', 'right')], 20);
  const narrow = justifyLine(['a very long left side'], ['right'], 16);

  expect(renderLine(wide, { colour: false })).toBe('left           right');
  expect(renderLine(narrow, { colour: false })).toBe('a very l…  right');
});
