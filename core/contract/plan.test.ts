import { expect, test } from 'vitest';
import { createPlanSchema } from './plan.ts';

function isValidPrompt(prompt: string): boolean {
  return createPlanSchema.safeParse({ prompt, repositories: [{ name: 'acme/shop' }] }).success;
}

test('a prompt is measured in bytes, whatever its script', () => {
  expect(isValidPrompt('a'.repeat(100_000))).toBe(true);
  expect(isValidPrompt('a'.repeat(100_001))).toBe(false);
  expect(isValidPrompt('計'.repeat(33_334))).toBe(false);
});

test('an agent that nobody knows is refused at once, with those that are known', () => {
  const withAgent = (agent: string) =>
    createPlanSchema.safeParse({ prompt: 'x', repositories: [{ name: 'acme/shop' }], agent });

  expect(withAgent('opencode').success).toBe(true);
  const issues = withAgent('opencod').error?.issues;
  expect(issues?.[0]).toMatchObject({ path: ['agent'] });
  expect(issues?.[0]?.message).toContain('small, opencode');
});
