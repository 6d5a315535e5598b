import { expect, test } from 'vitest';
import { renderSteeringMessages, SteeringInbox } from './steering-inbox.ts';

function createMessage(n: number, text: string, answers?: string) {
  return { n, author: 'ann', text, ...(answers === undefined ? {} : { answers }) };
}

test('takeMessages returns each message once and in order, and raises lastSeenNumber', () => {
  const inbox = new SteeringInbox(() => {});
  inbox.receiveMessages([createMessage(2, 'b'), createMessage(1, 'a')], false);
  inbox.receiveMessages(
    [createMessage(1, 'a'), createMessage(2, 'b'), createMessage(3, 'c')],
    false,
  );

  expect(inbox.lastSeenNumber).toBe(0);
  expect(inbox.takeMessages().map((message) => message.text)).toEqual(['a', 'b', 'c']);
  expect(inbox.lastSeenNumber).toBe(3);
  inbox.receiveMessages([createMessage(3, 'c')], false);
  expect(inbox.waitingCount).toBe(0);
});

test('an answer resolves its question and does not become a message for the agent', async () => {
  const inbox = new SteeringInbox(() => {});
  const answer = inbox.waitForAnswer('q-1', 'default', 60_000);
  inbox.receiveMessages(
    [createMessage(1, 'for another question', 'q-0'), createMessage(2, 'yes', 'q-1')],
    false,
  );

  expect(await answer).toEqual({ by: 'person', text: 'yes' });
  expect(inbox.waitingCount).toBe(0);
  expect(inbox.lastSeenNumber).toBe(2);
});

test('a message without a question id answers the pending question', async () => {
  const inbox = new SteeringInbox(() => {});
  const answer = inbox.waitForAnswer('q-1', 'default', 60_000);
  inbox.receiveMessages([createMessage(1, 'use b')], false);

  expect((await answer).text).toBe('use b');
  expect(inbox.lastSeenNumber).toBe(1);
  expect(inbox.lastAnsweredQuestionId).toBe('q-1');
});

test('a question without an answer gets its default after the timeout', async () => {
  const inbox = new SteeringInbox(() => {});

  expect(await inbox.waitForAnswer('q-1', 'default', 0)).toEqual({
    by: 'default',
    text: 'default',
  });
  expect(inbox.lastAnsweredQuestionId).toBeUndefined();
});

test('the late answer of a person to a question that got its default becomes a message for the agent', async () => {
  const inbox = new SteeringInbox(() => {});
  await inbox.waitForAnswer('q-1', 'default', 0);

  inbox.receiveMessages([{ ...createMessage(1, 'default', 'q-1'), author: 'timeout' }], false);
  inbox.receiveMessages([createMessage(2, 'rather b', 'q-1')], false);

  expect(inbox.takeMessages().map((message) => message.text)).toEqual(['rather b']);
});

test('messages that an earlier attempt has given to its agent are dropped', () => {
  const inbox = new SteeringInbox(() => {}, 2);

  inbox.receiveMessages(
    [createMessage(1, 'a'), createMessage(2, 'b'), createMessage(3, 'c')],
    false,
  );

  expect(inbox.lastSeenNumber).toBe(2);
  expect(inbox.takeMessages().map((message) => message.text)).toEqual(['c']);
});

test('an urgent message, which begins with "!", calls the listener at once', () => {
  let urgentCount = 0;
  const inbox = new SteeringInbox(() => {
    urgentCount += 1;
  });
  inbox.receiveMessages([createMessage(1, 'when you can')], false);
  expect(urgentCount).toBe(0);

  inbox.receiveMessages([createMessage(2, '!stop')], false);

  expect(urgentCount).toBe(1);
});

test('waitForMessage ends when a message arrives, the signal aborts or people ask to finish', async () => {
  const inbox = new SteeringInbox(() => {});
  const controller = new AbortController();
  const first = inbox.waitForMessage(controller.signal);
  inbox.receiveMessages([createMessage(1, 'a')], false);
  await first;
  inbox.takeMessages();

  const second = inbox.waitForMessage(controller.signal);
  controller.abort(new Error('over'));
  await expect(second).rejects.toThrow('over');

  inbox.receiveMessages([], true);
  await inbox.waitForMessage(new AbortController().signal);
  expect(inbox.isFinishRequested).toBe(true);
});

test('the prompt contains the author and text of each message, without the mark of an urgent message', () => {
  const text = renderSteeringMessages([createMessage(1, 'first'), createMessage(2, '! second')]);

  expect(text).toContain('ann says:\nfirst\n\nann says:\nsecond\n\n');
});
