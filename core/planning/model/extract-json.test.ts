import { describe, expect, test } from 'vitest';
import { extractJson } from './extract-json.ts';

describe('finds the object', () => {
  const plan = '{"tasks": [{"id": "a", "note": "} { \\" }"}]}';
  const cases: [string, string][] = [
    ['alone', plan],
    ['in prose', `Here you are:\n${plan}\nGood luck!`],
    ['in a code fence', `\`\`\`json\n${plan}\n\`\`\``],
    ['after thoughts with braces', `<think>{"tasks": 1} or {</think>\n${plan}`],
    ['after thoughts that were never opened', `maybe {"tasks": 2}\n</think>${plan}`],
    ['after an example', `For example {"tasks": []}. My answer: ${plan}`],
    ['behind a brace of prose', `I use {braces} here. ${plan}`],
    ['wrapped once', `{"plan": ${plan}}`],
  ];

  test.each(cases)('%s', (_name, text) => {
    const result = extractJson(text, 'tasks');

    expect(result).toEqual({ ok: true, value: JSON.parse(plan) });
  });
});

describe('says why there is none', () => {
  const cases: [string, string, RegExp, boolean][] = [
    ['prose', 'I cannot do that.', /no JSON object/, false],
    ['another object', '{"answer": 42}', /no "tasks"/, false],
    ['only a list', '[1, 2]', /no JSON object/, false],
    ['the beginning of one', 'Sure: {"tasks": [{"id": "a", "descr', /cut off/, true],
    ['a broken one', '{"tasks": [}', /not valid: Unexpected token/, false],
    ['nothing', '', /no JSON object/, false],
  ];

  test.each(cases)('%s', (_name, text, reason, cutOff) => {
    const result = extractJson(text, 'tasks');

    expect(result).toMatchObject({ ok: false, cutOff });
    expect(result.ok ? '' : result.reason).toMatch(reason);
  });
});

test('an answer of nothing but brackets costs little', () => {
  // Processor time, so that a busy machine makes no difference.
  const before = process.threadCpuUsage();

  expect(extractJson('{"a":'.repeat(30_000), 'tasks').ok).toBe(false);
  expect(extractJson('{'.repeat(150_000), 'tasks').ok).toBe(false);
  expect(extractJson('['.repeat(150_000), 'tasks').ok).toBe(false);

  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(5_000);
});
