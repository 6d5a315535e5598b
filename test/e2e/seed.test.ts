import { expect, onTestFinished, test } from 'vitest';
import { ROLES } from '../../core/contract/access.ts';
import { PLAN_STATUSES } from '../../core/contract/plan-status.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

test('the seed creates users of every role and a plan in every lasting status', async () => {
  const workspace = await createTestWorkspace();
  onTestFinished(() => workspace.remove());

  const seed = workspace.start('local/seed.ts', ['--exit']);
  const code = await seed.exit;

  expect(seed.stderr()).toBe('');
  expect(code).toBe(0);
  for (const role of ROLES)
    expect(seed.stdout()).toMatch(new RegExp(`user ${role}@.* password .{12}`));
  const statuses = [...seed.stdout().matchAll(/^plan \S+ +([a-z_]+)/gm)].map(
    ([, status]) => status,
  );
  const passing = ['planning', 'activating'];
  expect(statuses.toSorted()).toEqual(
    PLAN_STATUSES.filter((status) => !passing.includes(status)).toSorted(),
  );
});
