import { expect, test } from 'vitest';
import { estimateTokens, readTokenCounts, UsageMeter, UsageStreamReader } from './token-usage.ts';

test.each([
  [{ usage: { prompt_tokens: 5, completion_tokens: 2 } }, { input: 5, output: 2 }],
  [{ usage: { input_tokens: 5, output_tokens: 2 } }, { input: 5, output: 2 }],
  [
    { usage: { input_tokens: 5, cache_read_input_tokens: 100, output_tokens: 2 } },
    { input: 105, output: 2 },
  ],
  [{ response: { usage: { input_tokens: 5, output_tokens: 2 } } }, { input: 5, output: 2 }],
  [{ message: { usage: { input_tokens: 5, output_tokens: 1 } } }, { input: 5, output: 1 }],
  [{ usage: { output_tokens: 9 } }, { output: 9 }],
])('the reply %j contains the token counts %j', (data, tokens) => {
  expect(readTokenCounts(data)).toEqual(tokens);
});

test.each([{ usage: null }, { usage: 'much', choices: [] }, 'text'])(
  'the reply %j contains no token counts',
  (data) => {
    expect(readTokenCounts(data)).toBeUndefined();
  },
);

test('token counts are read from a stream that is cut at any place, and newer counts replace older counts', () => {
  const reader = new UsageStreamReader();
  const text =
    'event: message_start\ndata: {"message":{"usage":{"input_tokens":7,"output_tokens":1}}}\n\n' +
    'data: {"delta":"usage"}\n\ndata: not json usage\n\n' +
    'data: {"usage":{"output_tokens":30}}';
  for (let start = 0; start < text.length; start += 7) {
    reader.write(text.slice(start, start + 7));
  }

  expect(reader.finish()).toEqual({ input: 7, output: 30 });
  expect(reader.eventCount).toBe(4);
});

test('the estimate of tokens counts four characters as one token', () => {
  expect(estimateTokens('x'.repeat(9))).toBe(3);
});

test('the cost is computed from the price, and is null if the price is unknown', () => {
  const priced = new UsageMeter({ input: 3, output: 15 });
  const unpriced = new UsageMeter(null);
  for (const meter of [priced, unpriced]) {
    meter.addTokens({ input: 1_000, output: 100 });
    meter.addTokens({ input: 1_000, output: 0 });
  }

  expect(priced.getUsage()).toEqual({
    inputTokens: 2_000,
    outputTokens: 100,
    usd: 0.0075,
    turns: 2,
  });
  expect(unpriced.getUsage().usd).toBeNull();
});
