import { describe, expect, test } from 'vitest';
import type { ChatMessage } from './chat-message.ts';
import { estimateTokens, trimContext } from './trim-context.ts';

/** A conversation of `turns` calls, each with an output of `chars`. */
function createConversation(turns: number, chars: number): ChatMessage[] {
  const messages: ChatMessage[] = [
    { role: 'system', content: 'system' },
    { role: 'user', content: 'the task' },
  ];
  for (let turn = 1; turn <= turns; turn += 1) {
    const id = `call_${turn}`;
    const input = JSON.stringify({ path: 'a.txt', content: 'y'.repeat(chars) });
    const call = {
      id,
      type: 'function',
      function: { name: 'write_file', arguments: input },
    } as const;
    messages.push({ role: 'assistant', content: null, tool_calls: [call] });
    messages.push({ role: 'tool', tool_call_id: id, content: `${turn}:${'x'.repeat(chars)}` });
  }
  return messages;
}

/** An endpoint refuses an output without its call, and a call without its output. */
function expectPaired(messages: readonly ChatMessage[]): void {
  const called = messages.flatMap((each) =>
    each.role === 'assistant' ? (each.tool_calls ?? []).map((call) => call.id) : [],
  );
  const answered = messages.flatMap((each) => (each.role === 'tool' ? [each.tool_call_id] : []));
  expect(answered).toEqual(called);
}

describe('a conversation', () => {
  test('that fits stays as it is', () => {
    const messages = createConversation(4, 100);

    expect(trimContext(messages, 100_000)).toEqual(messages);
  });

  test('has its oldest outputs shortened first, and the newest kept whole', () => {
    const messages = createConversation(8, 3_000);

    const trimmed = trimContext(messages, estimateTokens(messages) - 1_500);

    const outputs = trimmed.flatMap((each) => (each.role === 'tool' ? [each.content] : []));
    expect(outputs[0]).toContain('shortened');
    expect(outputs[0]?.startsWith('1:')).toBe(true);
    expect(outputs.slice(3)).toEqual(
      messages.flatMap((each) => (each.role === 'tool' ? [each.content] : [])).slice(3),
    );
    expect(trimmed).toHaveLength(messages.length);
  });

  test('keeps arguments valid when they are shortened', () => {
    const trimmed = trimContext(createConversation(8, 3_000), 9_000);

    for (const each of trimmed) {
      if (each.role !== 'assistant') continue;
      for (const call of each.tool_calls ?? []) JSON.parse(call.function.arguments);
    }
    expectPaired(trimmed);
  });

  test('that is far too long loses whole early turns, but never the task', () => {
    const trimmed = trimContext(createConversation(200, 600), 4_000);

    expect(trimmed.slice(0, 2)).toEqual(createConversation(0, 0));
    expect(trimmed.at(-1)?.content).toMatch(/^200:/);
    expect(estimateTokens(trimmed)).toBeLessThanOrEqual(4_000);
    expectPaired(trimmed);
  });
});
