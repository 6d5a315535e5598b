import { describe, expect, test } from 'vitest';
import { AppError } from '../../base/app-error.ts';
import type { ChatMessage, Completion, Llm } from '../../port/llm.ts';
import type { JsonQuestion } from './ask-for-json.ts';
import { askForJson } from './ask-for-json.ts';

const USAGE = { inputTokens: 10, outputTokens: 5 };

/** Creates a model that gives these answers in order, and records the prompts. */
function createScriptedLlm(...answers: (string | Partial<Completion> | AppError)[]) {
  const prompts: ChatMessage[][] = [];
  const llm: Llm = {
    complete: async ({ messages }) => {
      const answer = answers[prompts.length] ?? '';
      prompts.push(messages);
      if (answer instanceof AppError) throw answer;
      const change = typeof answer === 'string' ? { text: answer } : answer;
      return { text: '', truncated: false, model: 'm', usage: USAGE, ...change };
    },
  };
  return { llm, prompts };
}

const QUESTION: JsonQuestion<number[]> = {
  subject: 'list',
  tier: 'light',
  maxOutputTokens: 100,
  schema: { name: 'list', schema: {} },
  requiredKey: 'numbers',
  brevityHint: 'Write fewer numbers.',
  repositoryChars: 100,
  createMessages: () => [{ role: 'user', content: 'Numbers?' }],
  parse: ({ numbers }) =>
    Array.isArray(numbers) && numbers.length > 0
      ? { ok: true, value: numbers.map(Number) }
      : { ok: false, problems: [`there are ${String(numbers)} numbers`] },
};

const EMPTY = new AppError('transient', 'model_empty_answer', 'empty', {
  details: { model: 'm', usage: USAGE },
});
const EMPTY_AT_LIMIT = new AppError('transient', 'model_empty_answer', 'empty', {
  details: { model: 'm', usage: USAGE, truncated: true },
});

describe('askForJson accepts', () => {
  test.each<[string, string | Partial<Completion>]>([
    ['a valid object before an invalid example', '{"numbers": [1]} and an empty {"numbers": []}'],
    ['a valid object after an invalid example', '{"numbers": []}, so: {"numbers": [1]}'],
    ['an object in the reasoning only', '<think>{"numbers": [1]}</think>'],
    ['an object in reasoning without an end', '<think>{"numbers": [1]} is the answer'],
    [
      'a whole object although the output limit was reached',
      { text: '{"numbers": [1]} because', truncated: true },
    ],
  ])('%s', async (_name, answer) => {
    const { llm } = createScriptedLlm(answer);

    expect(await askForJson(llm, QUESTION)).toMatchObject({ value: [1], answerCount: 1 });
  });
});

async function readFeedback(answer: string | AppError): Promise<string | undefined> {
  const { llm, prompts } = createScriptedLlm(answer, '{"numbers": [1]}');

  const { answerCount, usage } = await askForJson(llm, QUESTION);

  expect(answerCount).toBe(2);
  expect(usage).toMatchObject({ inputTokens: 20, turns: 2 });
  return prompts[1]?.at(-1)?.content;
}

test.each<[string, string | AppError]>([
  ['an empty answer at the output limit', EMPTY_AT_LIMIT],
  ['an object that is cut off', '{"numbers": [1, 2'],
  ['an earlier draft and an object that is cut off', '{"numbers": [1]} {"numbers": [1, 2'],
])('the feedback after %s asks for a shorter answer', async (_name, answer) => {
  expect(await readFeedback(answer)).toContain(QUESTION.brevityHint);
});

test.each<[string, string | AppError]>([
  ['an empty answer', EMPTY],
  ['prose', 'One and two.'],
])('the feedback after %s does not ask for a shorter answer', async (_name, answer) => {
  expect(await readFeedback(answer)).not.toContain(QUESTION.brevityHint);
});

test('the feedback names the problems of the longest object, because a shorter one is often an example', async () => {
  const { llm, prompts } = createScriptedLlm(
    '{"numbers": "one and two and three"} or {"numbers": []}',
    '{"numbers": [1]}',
  );

  await askForJson(llm, QUESTION);

  expect(prompts[1]?.at(-1)?.content).toContain('there are one and two and three numbers');
});
