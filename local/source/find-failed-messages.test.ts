import { expect, test } from 'vitest';
import { findFailedMessages } from './find-failed-messages.ts';

const ids = ['a', 'b', 'c'];

test.each([
  ['no result', null],
  ['a result without failures', {}],
  ['no failures', { batchItemFailures: [] }],
  ['failures that are null', { batchItemFailures: null }],
])('%s means that every message was handled', (_name, result) => {
  expect(findFailedMessages(result, ids)).toEqual(new Set());
});

test('only the listed messages failed', () => {
  const result = { batchItemFailures: [{ itemIdentifier: 'b' }] };

  expect(findFailedMessages(result, ids)).toEqual(new Set(['b']));
});

test.each([
  ['an unknown message', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
  ['an empty name', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['entries of another form', { batchItemFailures: ['b'] }],
  ['a string', 'fine'],
])('a result with %s fails the whole batch', (_name, result) => {
  expect(findFailedMessages(result, ids)).toEqual(new Set(ids));
});
