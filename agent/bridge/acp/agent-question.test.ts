import { expect, test } from 'vitest';
import { askSchema, matchOption, readAskRequest, readElicitation } from './agent-question.ts';

function createForm(property: Record<string, unknown>, others: Record<string, unknown> = {}) {
  return {
    mode: 'form',
    message: 'Which?',
    requestedSchema: { type: 'object', properties: { answer: property, ...others } },
  };
}

test('a form with choices becomes a question, and the answer one of them', () => {
  const asked = readElicitation(
    createForm({ type: 'string', enum: ['a', 'b'], default: 'b' }),
    1_000,
    50,
  );

  expect(asked?.question).toMatchObject({
    text: 'Which?',
    options: ['a', 'b'],
    default: 'b',
    timeoutAt: 1_050,
  });
  expect(asked?.formatAnswer('B ')).toEqual({ answer: 'b' });
  expect(asked?.formatAnswer('1')).toEqual({ answer: 'a' });
  expect(asked?.formatAnswer('neither')).toEqual({ answer: 'neither' });
});

test('yes and no, numbers, and the defaults of further fields keep their types', () => {
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
])('%j is no question that a line of text answers', (params) => {
  expect(readElicitation(params, 0, 1)).toBeUndefined();
});

test('an agent may ask for less time, not for more', () => {
  const asked = (timeoutMs: number) =>
    readAskRequest(askSchema.parse({ question: 'q', timeoutMs }), 0, 100);

  expect(asked(10).question.timeoutAt).toBe(10);
  expect(asked(1_000).question.timeoutAt).toBe(100);
});

test('what is too long for the contract is cut', () => {
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

test('a number that names no option is an answer of its own', () => {
  expect(matchOption('3', ['a', 'b'])).toBe('3');
  expect(matchOption('8080', [])).toBe('8080');
});
