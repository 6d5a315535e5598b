import { expect, test } from 'vitest';
import { createPlanSchema } from './plan.ts';

function isValidPrompt(prompt: string): boolean {
  return createPlanSchema.safeParse({ prompt, repositories: [{ name: 'acme/shop' }] }).success;
}

test('limits a prompt by bytes, not by characters', () => {
  expect(isValidPrompt('a'.repeat(100_000))).toBe(true);
  expect(isValidPrompt('a'.repeat(100_001))).toBe(false);
  expect(isValidPrompt('計'.repeat(33_334))).toBe(false);
});

test('rejects an unknown agent and lists the known agents', () => {
  const parseAgent = (agent: string) =>
    createPlanSchema.safeParse({ prompt: 'x', repositories: [{ name: 'acme/shop' }], agent });

  expect(parseAgent('opencode').success).toBe(true);
  const issues = parseAgent('opencod').error?.issues;
  expect(issues?.[0]).toMatchObject({ path: ['agent'] });
  expect(issues?.[0]?.message).toContain('small, opencode');
});
