import { expect, test } from 'vitest';
import { findFailedMessages } from './find-failed-messages.ts';

const ids = ['a', 'b', 'c'];

test.each([
  ['the result null', null],
  ['a result without failures', {}],
  ['a result with an empty list of failures', { batchItemFailures: [] }],
  ['a result whose list of failures is null', { batchItemFailures: null }],
])('%s means that every message was handled', (_name, result) => {
  expect(findFailedMessages(result, ids)).toEqual(new Set());
});

test('findFailedMessages returns only the messages that the result lists', () => {
  const result = { batchItemFailures: [{ itemIdentifier: 'b' }] };

  expect(findFailedMessages(result, ids)).toEqual(new Set(['b']));
});

test.each([
  ['a result with an unknown message', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
  ['a result with an empty message id', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a result with entries of another form', { batchItemFailures: ['b'] }],
  ['a result that is a string', 'fine'],
])('%s fails the whole batch', (_name, result) => {
  expect(findFailedMessages(result, ids)).toEqual(new Set(ids));
});
