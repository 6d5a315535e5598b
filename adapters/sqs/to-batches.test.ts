import { describe, expect, test } from 'vitest';
import { isAppError } from '../../core/base/app-error.ts';
import type { QueueMessage } from '../../core/contract/queue-message.ts';
import { toBatches } from './to-batches.ts';

const planMessage: QueueMessage = { type: 'plan', v: 1, plan: 'p1' };

function repeatMessage(count: number, message: QueueMessage) {
  return Array.from({ length: count }, () => ({ message }));
}

describe('toBatches', () => {
  test('puts at most ten messages into a batch, in their order', () => {
    const messages = Array.from({ length: 23 }, (_, index) => ({
      message: { ...planMessage, plan: `p${index}` },
      delaySeconds: index,
    }));

    const batches = toBatches(messages, () => 'url');

    expect(batches.map((batch) => batch.entries.length)).toEqual([10, 10, 3]);
    const entries = batches.flatMap((batch) => batch.entries);
    expect(entries.map((entry) => entry.delaySeconds)).toEqual(messages.map((_, index) => index));
    expect(entries.map((entry) => JSON.parse(entry.body))).toEqual(
      messages.map(({ message }) => message),
    );
  });

  test('puts messages of different queues into different batches', () => {
    const push: QueueMessage = { type: 'push', v: 1, plan: 'p1' };

    const batches = toBatches(
      [{ message: planMessage }, { message: push }, { message: planMessage }],
      (type) => type,
    );

    expect(batches.map((batch) => [batch.url, batch.entries.length])).toEqual([
      ['plan', 2],
      ['push', 1],
    ]);
  });

  test('limits the total size of a batch', () => {
    const large: QueueMessage = { ...planMessage, plan: 'x'.repeat(100 * 1024) };

    const batches = toBatches(repeatMessage(5, large), () => 'url');

    expect(batches.map((batch) => batch.entries.length)).toEqual([2, 2, 1]);
  });

  test('creates no batch for an empty list of messages', () => {
    expect(toBatches([], () => 'url')).toEqual([]);
  });

  test('rejects a message above the size limit as invalid', () => {
    const huge = repeatMessage(1, { ...planMessage, plan: 'x'.repeat(256 * 1024) });

    expect(() => toBatches(huge, () => 'url')).toThrow(
      expect.toSatisfy((error) => isAppError(error, 'invalid', 'message_too_large')),
    );
  });

  test.each([-1, 901, 0.5, Number.NaN])(
    'rejects a delay of %s seconds as a bug',
    (delaySeconds) => {
      expect(() => toBatches([{ message: planMessage, delaySeconds }], () => 'url')).toThrow(
        expect.toSatisfy((error) => isAppError(error, 'bug', 'bad_delay')),
      );
    },
  );
});
