import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { applyTask } from '../apply/apply-task.ts';
import { launchAttempt } from './launch-attempt.ts';

const CLAIMED_ATTEMPT = {
  n: 1,
  kind: 'work',
  from: 'ready',
  phase: 'claimed',
  claimedAt: 0,
  leaseUntil: 2_000_000_000,
} as const;

test('a pod that was asked for while its attempt was cancelled is taken back', async () => {
  const removed: string[] = [];
  const fixture = createEngineFixture({
    launcher: {
      ensure: async ({ name, attemptId }) => {
        const { state } = await fixture.task();
        const event = { type: 'cancel', reason: 'no longer wanted' } as const;
        await applyTask(fixture.deps, state, event, { actor: 'ann@example.com' });
        return { name, attemptId, state: 'running', startedAt: 0, uid: 'u' };
      },
      remove: async (name) => {
        removed.push(name);
        return 'gone';
      },
    },
  });
  const plan = await fixture.putPlan();
  await fixture.putTask({ status: 'claimed', attempt: 1, current: CLAIMED_ATTEMPT });

  expect(await launchAttempt(fixture.deps, plan, await fixture.task())).toBe(false);
  expect(removed).toEqual([`sg-${plan.id}-r1-one-1`]);
});

test('a launcher that does not answer costs no attempt', async () => {
  const fixture = createEngineFixture({
    launcher: {
      ensure: async () => {
        throw new AppError('transient', 'unreachable', 'no answer');
      },
    },
  });
  const plan = await fixture.putPlan();
  await fixture.putTask({ status: 'claimed', attempt: 1, current: CLAIMED_ATTEMPT });

  await expect(launchAttempt(fixture.deps, plan, await fixture.task())).rejects.toThrow(
    'no answer',
  );

  expect((await fixture.task()).state).toMatchObject({ status: 'claimed', current: { n: 1 } });
});

test('a refusal that comes late ends nothing that another launch has begun', async () => {
  const fixture = createEngineFixture({
    launcher: {
      ensure: async () => {
        const { state } = await fixture.task();
        const event = { type: 'bridge_ready', n: 1, leaseUntil: 2_000_000_000 } as const;
        await applyTask(fixture.deps, state, event, { actor: 'bridge' });
        throw new AppError('paused', 'quota', 'no more pods', {
          details: { until: 2_000_000_000 },
        });
      },
    },
  });
  const plan = await fixture.putPlan();
  await fixture.putTask({ status: 'claimed', attempt: 1, current: CLAIMED_ATTEMPT });

  expect(await launchAttempt(fixture.deps, plan, await fixture.task())).toBe(false);
  expect((await fixture.task()).state).toMatchObject({ status: 'working', current: { n: 1 } });
});
