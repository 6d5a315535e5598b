import { describe, expect, test } from 'vitest';
import { extractJson } from './extract-json.ts';

describe('extractJson finds an object', () => {
  const plan = '{"tasks": [{"id": "a", "note": "} { \\" }"}]}';
  const cases: [string, string][] = [
    ['without other text', plan],
    ['between prose', `Here you are:\n${plan}\nGood luck!`],
    ['in a code fence', `\`\`\`json\n${plan}\n\`\`\``],
    ['after reasoning with braces', `<think>{"tasks": 1} or {</think>\n${plan}`],
    ['after reasoning without an opening tag', `maybe {"tasks": 2}\n</think>${plan}`],
    ['after an example', `For example {"tasks": []}. My answer: ${plan}`],
    ['after prose with braces', `I use {braces} here. ${plan}`],
    ['wrapped in another object', `{"plan": ${plan}}`],
    ['before an example', `${plan}\nAn empty plan would be {"tasks": []}.`],
  ];

  test.each(cases)('%s', (_name, text) => {
    const result = extractJson(text, 'tasks');

    expect(result.ok && result.candidates).toContainEqual(JSON.parse(plan));
  });
});

test('extractJson lists objects of the answer before objects of the reasoning, and later objects first', () => {
  const result = extractJson(
    '<think>{"tasks": 1} {"tasks": 2}</think>{"tasks": 3} {"tasks": 4}',
    'tasks',
  );

  expect(result.ok && result.candidates).toEqual([4, 3, 2, 1].map((tasks) => ({ tasks })));
});

test('extractJson keeps tags of reasoning inside strings', () => {
  const plan = { tasks: [{ description: 'Remove <think> up to </think> from the answer.' }] };

  for (const text of [JSON.stringify(plan), `Here: ${JSON.stringify(plan)} Done.`]) {
    const result = extractJson(text, 'tasks');
    expect(result.ok && result.candidates).toEqual([plan]);
  }
});

describe('extractJson explains the absence of the object in', () => {
  const cases: [string, string, RegExp, boolean][] = [
    ['prose', 'I cannot do that.', /no JSON object/, false],
    ['another object', '{"answer": 42}', /no "tasks"/, false],
    ['only a list', '[1, 2]', /no JSON object/, false],
    ['an incomplete object', 'Sure: {"tasks": [{"id": "a", "descr', /cut off/, true],
    ['an invalid object', '{"tasks": [}', /not valid: Unexpected token/, false],
    ['an empty answer', '', /no JSON object/, false],
  ];

  test.each(cases)('%s', (_name, text, reason, isCutOff) => {
    const result = extractJson(text, 'tasks');

    expect(result).toMatchObject({ ok: false, isCutOff });
    expect(result.ok ? '' : result.reason).toMatch(reason);
  });
});

test('extractJson handles an answer with 150,000 opening brackets within 5 seconds of processor time', () => {
  // Processor time, because elapsed time depends on the load of the machine.
  const before = process.threadCpuUsage();

  expect(extractJson('{"a":'.repeat(30_000), 'tasks').ok).toBe(false);
  expect(extractJson('{'.repeat(150_000), 'tasks').ok).toBe(false);
  expect(extractJson('['.repeat(150_000), 'tasks').ok).toBe(false);

  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(5_000);
});
