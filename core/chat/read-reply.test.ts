import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALL_REPLIES, OFFERED_TOOLS } from '../../test/support/model/corpus/all-replies.ts';
import type { CorpusReply } from '../../test/support/model/corpus/corpus-reply.ts';
import { classifyFault } from './classify-fault.ts';
import { judgeReply } from './judge-reply.ts';
import { ReplyBuilder, readReply } from './reply-builder.ts';

function judgeBody(body: string) {
  const verdict = judgeReply(readReply(body), OFFERED_TOOLS);
  if (verdict.kind === 'failed')
    return { kind: verdict.kind, problem: classifyFault(verdict.fault) };
  if (verdict.kind !== 'complete') return { kind: verdict.kind };
  const { kind, text, isTruncated } = verdict;
  const calls = verdict.calls.map((call) => [call.name, JSON.parse(call.arguments)]);
  return { kind, text, calls, isTruncated };
}

function expectedOf({ expected }: CorpusReply) {
  if (expected.kind !== 'complete') return expected;
  return { text: expect.any(String), calls: [], isTruncated: false, ...expected };
}

describe('a reply is judged', () => {
  test.each(ALL_REPLIES.map((reply) => [reply.source, reply.title, reply] as const))(
    '%s: %s',
    (_source, _title, reply) => {
      expect(judgeBody(reply.body)).toEqual(expectedOf(reply));
    },
  );
});

test('the corpus has at least 60 replies with different titles', () => {
  const titles = new Set(ALL_REPLIES.map(({ source, title }) => `${source}: ${title}`));
  expect(titles.size).toBe(ALL_REPLIES.length);
  expect(titles.size).toBeGreaterThanOrEqual(60);
});

test('a body that arrives in arbitrary pieces gives the same reply as the whole body', () => {
  void fc.assert(
    fc.property(
      fc.constantFrom(...ALL_REPLIES),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 200 }),
      ({ body }, lengths) => {
        const builder = new ReplyBuilder();
        let offset = 0;
        for (const length of lengths) {
          builder.write(body.slice(offset, offset + length));
          offset += length;
        }
        builder.write(body.slice(offset));
        builder.finish();
        expect(builder.build()).toEqual(readReply(body));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('any JSON value in any place of a reply is read without an error', () => {
  const anyPart = fc.record(
    {
      choices: fc.oneof(
        fc.array(
          fc.record(
            { delta: fc.jsonValue(), message: fc.jsonValue(), finish_reason: fc.jsonValue() },
            { requiredKeys: [] },
          ),
        ),
        fc.jsonValue(),
      ),
      message: fc.jsonValue(),
      error: fc.jsonValue(),
      usage: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  void fc.assert(
    fc.property(fc.array(anyPart), (parts) => {
      const body = parts.map((part) => `data: ${JSON.stringify(part)}\n\n`).join('');
      expect(() => judgeReply(readReply(body), OFFERED_TOOLS)).not.toThrow();
    }),
  );
});

test('a prefix of a streamed answer is never complete unless its calls are complete', () => {
  const streamed = ALL_REPLIES.filter(
    ({ contentType, expected }) =>
      contentType === 'text/event-stream' && expected.kind === 'complete',
  );
  for (const [number, { body, title, expected }] of streamed.entries()) {
    const whole = judgeBody(body);
    // Every eleventh length, with another start for each reply, keeps the test short.
    for (let length = number % 11; length < body.length; length += 11) {
      const verdict = judgeBody(body.slice(0, length));
      if (verdict.kind !== 'complete') continue;
      const isWholeText = verdict.calls?.length === 0 && verdict.text === whole.text;
      const hasCalls = (verdict.calls?.length ?? 0) > 0;
      expect(isWholeText || hasCalls, `${title}, ${length} characters`).toBe(true);
    }
    expect(expected.kind).toBe('complete');
  }
});
