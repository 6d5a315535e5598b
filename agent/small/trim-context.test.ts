import { describe, expect, test } from 'vitest';
import type { ChatMessage } from './chat-message.ts';
import { estimateTokens, trimContext } from './trim-context.ts';

/** Creates a conversation of `callCount` tool calls whose arguments and outputs have about `chars` characters each. */
function createConversation(callCount: number, chars: number): ChatMessage[] {
  const messages: ChatMessage[] = [
    { role: 'system', content: 'system' },
    { role: 'user', content: 'the task' },
  ];
  for (let number = 1; number <= callCount; number += 1) {
    const id = `call_${number}`;
    const input = JSON.stringify({ path: 'a.txt', content: 'y'.repeat(chars) });
    const call = {
      id,
      type: 'function',
      function: { name: 'write_file', arguments: input },
    } as const;
    messages.push({ role: 'assistant', content: null, tool_calls: [call] });
    messages.push({ role: 'tool', tool_call_id: id, content: `${number}:${'x'.repeat(chars)}` });
  }
  return messages;
}

/** Checks the pairing of calls and outputs: endpoints refuse a call without an output and an output without a call. */
function expectPaired(messages: readonly ChatMessage[]): void {
  const calledIds = messages.flatMap((message) =>
    message.role === 'assistant' ? (message.tool_calls ?? []).map((call) => call.id) : [],
  );
  const answeredIds = messages.flatMap((message) =>
    message.role === 'tool' ? [message.tool_call_id] : [],
  );
  expect(answeredIds).toEqual(calledIds);
}

function listOutputs(messages: readonly ChatMessage[]): string[] {
  return messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
}

describe('trimContext', () => {
  test('keeps a conversation within the limit unchanged', () => {
    const messages = createConversation(4, 100);

    expect(trimContext(messages, 100_000)).toEqual(messages);
  });

  test('shortens the oldest outputs first and leaves the newest outputs unchanged', () => {
    const messages = createConversation(8, 3_000);

    const trimmed = trimContext(messages, estimateTokens(messages) - 1_500);

    const outputs = listOutputs(trimmed);
    expect(outputs[0]).toContain('shortened');
    expect(outputs[0]?.startsWith('1:')).toBe(true);
    expect(outputs.slice(3)).toEqual(listOutputs(messages).slice(3));
    expect(trimmed).toHaveLength(messages.length);
  });

  test('shortens the arguments of calls so that they stay valid JSON', () => {
    const trimmed = trimContext(createConversation(8, 3_000), 9_000);

    for (const message of trimmed) {
      if (message.role !== 'assistant') continue;
      for (const call of message.tool_calls ?? []) JSON.parse(call.function.arguments);
    }
    expectPaired(trimmed);
  });

  test('drops early calls with their outputs from a conversation that is still too long, but never the task', () => {
    const trimmed = trimContext(createConversation(200, 600), 4_000);

    expect(trimmed.slice(0, 2)).toEqual(createConversation(0, 0));
    expect(trimmed.at(-1)?.content).toMatch(/^200:/);
    expect(estimateTokens(trimmed)).toBeLessThanOrEqual(4_000);
    expectPaired(trimmed);
  });
});
