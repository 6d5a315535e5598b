import { expect, test } from 'vitest';
import { askSchema, matchOption, readAsk, readElicitation } from './question.ts';

function form(property: Record<string, unknown>, others: Record<string, unknown> = {}) {
  return {
    mode: 'form',
    message: 'Which?',
    requestedSchema: { type: 'object', properties: { answer: property, ...others } },
  };
}

test('a form with choices becomes a question, and the answer one of them', () => {
  const asked = readElicitation(
    form({ type: 'string', enum: ['a', 'b'], default: 'b' }),
    1_000,
    50,
  );

  expect(asked?.question).toMatchObject({
    text: 'Which?',
    options: ['a', 'b'],
    default: 'b',
    timeoutAt: 1_050,
  });
  expect(asked?.shape('B ')).toEqual({ answer: 'b' });
  expect(asked?.shape('1')).toEqual({ answer: 'a' });
  expect(asked?.shape('neither')).toEqual({ answer: 'neither' });
});

test('yes and no, numbers, and the defaults of further fields keep their types', () => {
  const yes = readElicitation(
    form({ type: 'boolean' }, { n: { type: 'number', default: 3 } }),
    0,
    1,
  );
  const number = readElicitation(form({ type: 'integer', default: 4 }), 0, 1);

  expect(yes?.question.options).toEqual(['yes', 'no']);
  expect(yes?.shape('Yes')).toEqual({ answer: true, n: 3 });
  expect(yes?.shape('no')).toEqual({ answer: false, n: 3 });
  expect(number?.question.default).toBe('4');
  expect(number?.shape('12')).toEqual({ answer: 12 });
});

test.each([
  { mode: 'url', url: 'http://x', message: 'go' },
  { message: 'x' },
  form({}).message,
  null,
])('%j is no question that a line of text answers', (params) => {
  expect(readElicitation(params, 0, 1)).toBeUndefined();
});

test('an agent may ask for less time, not for more', () => {
  const asked = (timeoutMs: number) =>
    readAsk(askSchema.parse({ question: 'q', timeoutMs }), 0, 100);

  expect(asked(10).question.timeoutAt).toBe(10);
  expect(asked(1_000).question.timeoutAt).toBe(100);
});

test('what is too long for the contract is cut', () => {
  const options = Array.from({ length: 30 }, () => 'o'.repeat(500));
  const { question } = readAsk(askSchema.parse({ question: 'q'.repeat(9_000), options }), 0, 1);

  expect(question.text).toHaveLength(8_000);
  expect(question.options).toHaveLength(20);
  expect(question.options[0]).toHaveLength(400);
});

test('a number that names no option is an answer of its own', () => {
  expect(matchOption('3', ['a', 'b'])).toBe('3');
  expect(matchOption('8080', [])).toBe('8080');
});
