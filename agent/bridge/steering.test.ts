import { expect, test } from 'vitest';
import { Inbox, renderSteering } from './steering.ts';

function message(n: number, text: string, answers?: string) {
  return { n, author: 'ann', text, ...(answers === undefined ? {} : { answers }) };
}

test('messages are kept in order, once, and seen when they are taken', () => {
  const inbox = new Inbox(() => {});
  inbox.receive([message(2, 'b'), message(1, 'a')], false);
  inbox.receive([message(1, 'a'), message(2, 'b'), message(3, 'c')], false);

  expect(inbox.seen).toBe(0);
  expect(inbox.take().map((each) => each.text)).toEqual(['a', 'b', 'c']);
  expect(inbox.seen).toBe(3);
  inbox.receive([message(3, 'c')], false);
  expect(inbox.waiting).toBe(0);
});

test('an answer goes to its question and is not a message', async () => {
  const inbox = new Inbox(() => {});
  const answer = inbox.answerTo('q-1', 'default', 60_000);
  inbox.receive([message(1, 'for another', 'q-0'), message(2, 'yes', 'q-1')], false);

  expect(await answer).toEqual({ by: 'person', text: 'yes' });
  expect(inbox.waiting).toBe(0);
  expect(inbox.seen).toBe(2);
});

test('a message that names no question answers the open one', async () => {
  const inbox = new Inbox(() => {});
  const answer = inbox.answerTo('q-1', 'default', 60_000);
  inbox.receive([message(1, 'use b')], false);

  expect((await answer).text).toBe('use b');
  expect(inbox.seen).toBe(1);
  expect(inbox.answered).toBe('q-1');
});

test('without an answer the default is taken', async () => {
  const inbox = new Inbox(() => {});

  expect(await inbox.answerTo('q-1', 'default', 0)).toEqual({ by: 'default', text: 'default' });
  expect(inbox.answered).toBeUndefined();
});

test('after the default a late answer of a person is a message, and the default itself is not', async () => {
  const inbox = new Inbox(() => {});
  await inbox.answerTo('q-1', 'default', 0);

  inbox.receive([{ ...message(1, 'default', 'q-1'), author: 'timeout' }], false);
  inbox.receive([message(2, 'rather b', 'q-1')], false);

  expect(inbox.take().map((each) => each.text)).toEqual(['rather b']);
});

test('what an attempt before was given is not given again', () => {
  const inbox = new Inbox(() => {}, 2);

  inbox.receive([message(1, 'a'), message(2, 'b'), message(3, 'c')], false);

  expect(inbox.seen).toBe(2);
  expect(inbox.take().map((each) => each.text)).toEqual(['c']);
});

test('an urgent message is told at once', () => {
  let urgent = 0;
  const inbox = new Inbox(() => {
    urgent += 1;
  });
  inbox.receive([message(1, 'when you can')], false);
  expect(urgent).toBe(0);

  inbox.receive([message(2, '!stop')], false);

  expect(urgent).toBe(1);
});

test('waiting ends with a message, with the end of the session, and with the attempt', async () => {
  const inbox = new Inbox(() => {});
  const controller = new AbortController();
  const first = inbox.untilSomething(controller.signal);
  inbox.receive([message(1, 'a')], false);
  await first;
  inbox.take();

  const second = inbox.untilSomething(controller.signal);
  controller.abort(new Error('over'));
  await expect(second).rejects.toThrow('over');

  inbox.receive([], true);
  await inbox.untilSomething(new AbortController().signal);
  expect(inbox.finish).toBe(true);
});

test('the agent is told who says what', () => {
  const text = renderSteering([message(1, 'first'), message(2, '! second')]);

  expect(text).toContain('ann says:\nfirst\n\nann says:\nsecond\n\n');
});
