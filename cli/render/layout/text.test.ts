import { describe, expect, test } from 'vitest';
import {
  cleanLine,
  cleanText,
  measureWidth,
  padTextEnd,
  padTextStart,
  truncateText,
  wrapText,
} from './text.ts';

describe('cleanText', () => {
  test.each([
    ['a colour', 'a\u001b[31mred\u001b[0mb', 'aredb'],
    ['a cursor move', 'a\u001b[2Ab\u001b[Kc', 'abc'],
    ['a window title', 'a\u001b]0;owned\u0007b', 'ab'],
    [
      'a link with its terminator',
      'a\u001b]8;;http://evil\u001b\\text\u001b]8;;\u001b\\b',
      'atextb',
    ],
    ['an unterminated title', 'a\u001b]0;never ends', 'a'],
    ['a device string', 'a\u001bPq#0\u001b\\b', 'ab'],
    ['8-bit controls', 'a\u009b31mb\u009d0;x\u009cc', 'abc'],
    ['a lone escape', 'a\u001b', 'a'],
    ['backspaces and bells', 'safe\b\b\b\bevil\u0007', 'safeevil'],
    ['a carriage return', 'good\rbad', 'good\nbad'],
    ['a change of the text direction', 'a\u202egnp.exe', 'agnp.exe'],
    ['invisible characters', 'a\u{e0041}\u{e0042}b\u200bc', 'abc'],
  ])('cleans a text with %s', (_content, text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });

  test('cleanText keeps line breaks, tabs and letters of every language', () => {
    const text = 'línea\n\t日本語 العربية 👩‍👩‍👧 ✓';

    expect(cleanText(text)).toBe(text);
  });

  test('cleanLine joins the lines of a text', () => {
    expect(cleanLine('a\r\n\tb\n\nc  d')).toBe('a b c  d');
  });
});

describe('measureWidth', () => {
  test.each([
    ['plain', 5],
    ['naïve', 5],
    ['e\u0301', 1],
    ['日本語', 6],
    ['한국', 4],
    ['👍', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['⚠️', 2],
    ['✓●━', 3],
    ['', 0],
  ])('the width of %s is %i', (text, width) => {
    expect(measureWidth(text)).toBe(width);
  });
});

describe('truncateText', () => {
  test('keeps a text that fits', () => {
    expect(truncateText('exact', 5)).toBe('exact');
  });

  test('never splits a wide letter and never exceeds the width', () => {
    expect(truncateText('日本語', 4)).toBe('日…');
    expect(truncateText('日本語', 5)).toBe('日本…');
    expect(truncateText('👩‍👩‍👧👍👍', 4)).toBe('👩‍👩‍👧…');
  });

  test('returns an empty text for a width of 0', () => {
    expect(truncateText('text', 0)).toBe('');
  });
});

test('padding counts columns, not code units', () => {
  expect(padTextEnd('日本', 6)).toBe('日本  ');
  expect(padTextStart('é', 3)).toBe('  é');
  expect(padTextEnd('too long', 3)).toBe('too long');
});

test('wrapText breaks at words and keeps paragraphs', () => {
  expect(wrapText('one two three\n\nfour', 8)).toEqual(['one two', 'three', '', 'four']);
  expect(wrapText('averyverylongword ok', 6)).toEqual(['averyverylongword', 'ok']);
});
