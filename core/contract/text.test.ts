import { expect, test } from 'vitest';
import { z } from 'zod';
import { createPlanSchema, editSchema } from './plan.ts';
import { taskSpecSchema } from './task.ts';
import { createText, createTextLine } from './text.ts';

test.each([
  ['a zero byte', 'a\0b', 'ab'],
  ['an escape sequence', '\u001b[31mred', '[31mred'],
  ['a C1 control character', 'a\u009bb', 'ab'],
  ['line breaks of other systems', 'a\r\nb\rc\n', 'a\nb\nc\n'],
  ['a tab', 'a\tb', 'a\tb'],
  ['joined emoji', '👩‍🔧', '👩‍🔧'],
])('createText cleans a text with %s', (_, text, cleaned) => {
  expect(createText(100).parse(text)).toBe(cleaned);
});

test('createTextLine replaces line breaks and tabs by spaces', () => {
  expect(createTextLine(100).parse('a\r\nb\tc\0')).toBe('a b c');
});

test('the limits of a text apply after its cleaning', () => {
  expect(createText(2).safeParse('\0a\0b').success).toBe(true);
  expect(createText(2).safeParse('abc').success).toBe(false);
  expect(createText(2, 1).safeParse('\0\u001b').success).toBe(false);
});

test('the JSON schema of a text states its limits', () => {
  expect(z.toJSONSchema(createText(5, 1), { io: 'input' })).toMatchObject({
    type: 'string',
    minLength: 1,
    maxLength: 5,
  });
});

test('a task has no control characters in its texts', () => {
  const task = taskSpecSchema.parse({
    id: 'one',
    title: 'Write\0 one',
    description: 'Write\0 one.',
    criteria: ['it\0 works'],
  });

  expect(task).toMatchObject({
    title: 'Write one',
    description: 'Write one.',
    criteria: ['it works'],
  });
});

test('a plan and an edit have no control characters in their texts', () => {
  const plan = createPlanSchema.parse({
    prompt: 'Do\0 it',
    title: 'A\nB',
    repositories: [{ name: 'acme/shop' }],
  });
  const edit = editSchema.parse({
    op: 'change_task',
    task: 'one',
    title: 'a\0',
    description: 'b\0',
    criteria: ['c\0'],
    addCriteria: ['d\0'],
  });

  expect(plan).toMatchObject({ prompt: 'Do it', title: 'A B' });
  expect(edit).toMatchObject({
    title: 'a',
    description: 'b',
    criteria: ['c'],
    addCriteria: ['d'],
  });
});

test('a plan whose prompt has only control characters is rejected', () => {
  const parsed = createPlanSchema.safeParse({
    prompt: '\0\0',
    repositories: [{ name: 'acme/shop' }],
  });
  expect(parsed.success).toBe(false);
});
