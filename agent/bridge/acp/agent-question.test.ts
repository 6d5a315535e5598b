import { expect, test } from 'vitest';
import { askSchema, matchOption, readAskRequest, readElicitation } from './agent-question.ts';

function createForm(
  property: Record<string, unknown>,
  furtherFields: Record<string, unknown> = {},
) {
  return {
    mode: 'form',
    message: 'Which?',
    requestedSchema: { type: 'object', properties: { answer: property, ...furtherFields } },
  };
}

test('a form with choices becomes a question, and an answer selects a choice by text or number', () => {
  const question = readElicitation(
    createForm({ type: 'string', enum: ['a', 'b'], default: 'b' }),
    1_000,
    50,
  );

  expect(question?.question).toMatchObject({
    text: 'Which?',
    options: ['a', 'b'],
    default: 'b',
    timeoutAt: 1_050,
  });
  expect(question?.formatAnswer('B ')).toEqual({ answer: 'b' });
  expect(question?.formatAnswer('1')).toEqual({ answer: 'a' });
  expect(question?.formatAnswer('neither')).toEqual({ answer: 'neither' });
});

test('answers to boolean and number fields, and defaults of further fields, keep their types', () => {
  const yes = readElicitation(
    createForm({ type: 'boolean' }, { n: { type: 'number', default: 3 } }),
    0,
    1,
  );
  const number = readElicitation(createForm({ type: 'integer', default: 4 }), 0, 1);

  expect(yes?.question.options).toEqual(['yes', 'no']);
  expect(yes?.formatAnswer('Yes')).toEqual({ answer: true, n: 3 });
  expect(yes?.formatAnswer('no')).toEqual({ answer: false, n: 3 });
  expect(number?.question.default).toBe('4');
  expect(number?.formatAnswer('12')).toEqual({ answer: 12 });
});

test.each([
  { mode: 'url', url: 'http://x', message: 'go' },
  { message: 'x' },
  createForm({}).message,
  null,
])('a line of text cannot answer the elicitation %j', (params) => {
  expect(readElicitation(params, 0, 1)).toBeUndefined();
});

test('an agent can shorten the time for an answer, but not extend it', () => {
  const ask = (timeoutMs: number) =>
    readAskRequest(askSchema.parse({ question: 'q', timeoutMs }), 0, 100);

  expect(ask(10).question.timeoutAt).toBe(10);
  expect(ask(1_000).question.timeoutAt).toBe(100);
});

test('texts and options beyond the contract are cut', () => {
  const options = Array.from({ length: 30 }, () => 'o'.repeat(500));
  const { question } = readAskRequest(
    askSchema.parse({ question: 'q'.repeat(9_000), options }),
    0,
    1,
  );

  expect(question.text).toHaveLength(8_000);
  expect(question.options).toHaveLength(20);
  expect(question.options[0]).toHaveLength(400);
});

test('a number without an option of that number is a free answer', () => {
  expect(matchOption('3', ['a', 'b'])).toBe('3');
  expect(matchOption('8080', [])).toBe('8080');
});
