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

test('answers to boolean and number fields are converted to the type of the field, and further fields get their defaults', () => {
  const booleanQuestion = readElicitation(
    createForm({ type: 'boolean' }, { n: { type: 'number', default: 3 } }),
    0,
    1,
  );
  const numberQuestion = readElicitation(createForm({ type: 'integer', default: 4 }), 0, 1);

  expect(booleanQuestion?.question.options).toEqual(['yes', 'no']);
  expect(booleanQuestion?.formatAnswer('Yes')).toEqual({ answer: true, n: 3 });
  expect(booleanQuestion?.formatAnswer('no')).toEqual({ answer: false, n: 3 });
  expect(numberQuestion?.question.default).toBe('4');
  expect(numberQuestion?.formatAnswer('12')).toEqual({ answer: 12 });
});

test.each([
  { name: 'an elicitation by URL', params: { mode: 'url', url: 'http://x', message: 'go' } },
  { name: 'an elicitation without a form', params: { message: 'x' } },
  { name: 'a text instead of an object', params: 'Which?' },
  { name: 'null', params: null },
])('$name is not converted into a question', ({ params }) => {
  expect(readElicitation(params, 0, 1)).toBeUndefined();
});

test('an agent can shorten the time for an answer, but not extend it', () => {
  const readTimeoutAt = (timeoutMs: number) =>
    readAskRequest(askSchema.parse({ question: 'q', timeoutMs }), 0, 100).question.timeoutAt;

  expect(readTimeoutAt(10)).toBe(10);
  expect(readTimeoutAt(1_000)).toBe(100);
});

test('a question with too long a text, too long options or too many options is cut to the limits of the contract', () => {
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

test('an answer that is a number without a matching option stays unchanged', () => {
  expect(matchOption('3', ['a', 'b'])).toBe('3');
  expect(matchOption('8080', [])).toBe('8080');
});
