import { expect, test } from 'vitest';
import { head, Redactor, tail } from './redact.ts';

test('a secret is removed as it is and as it is sent', () => {
  const redactor = new Redactor();
  redactor.add('p@ss/word!');

  const text = `p@ss/word! ${Buffer.from('p@ss/word!').toString('base64')} ${encodeURIComponent('p@ss/word!')}`;

  expect(redactor.redact(text)).toBe('[secret removed] [secret removed]== [secret removed]');
});

test('nothing short or empty is taken for a secret', () => {
  const redactor = new Redactor();
  redactor.add('');
  redactor.add('a');

  expect(redactor.redact('banana')).toBe('banana');
});

test('texts are cut to length with a mark', () => {
  expect(tail('abcdefghij', 10)).toBe('abcdefghij');
  expect(tail('abcdefghijk', 10)).toBe('[...]\nhijk');
  expect(head('abcdefghijk', 10)).toBe('abcd\n[...]');
});
