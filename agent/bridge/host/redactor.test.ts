import { expect, test } from 'vitest';
import { keepEnd, keepStart, Redactor } from './redactor.ts';

test('a secret is removed in plain, base64 and percent-encoded form', () => {
  const redactor = new Redactor();
  redactor.addSecret('p@ss/word!');

  const text = `p@ss/word! ${Buffer.from('p@ss/word!').toString('base64')} ${encodeURIComponent('p@ss/word!')}`;

  expect(redactor.redact(text)).toBe('[secret removed] [secret removed]== [secret removed]');
});

test('a secret of fewer than six characters is not replaced', () => {
  const redactor = new Redactor();
  redactor.addSecret('');
  redactor.addSecret('a');

  expect(redactor.redact('banana')).toBe('banana');
});

test('a text above the limit is cut, and the cut is marked', () => {
  expect(keepEnd('abcdefghij', 10)).toBe('abcdefghij');
  expect(keepEnd('abcdefghijk', 10)).toBe('[...]\nhijk');
  expect(keepStart('abcdefghijk', 10)).toBe('abcd\n[...]');
});
