import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { putTaskDetail } from '../../store/task-detail-store.ts';
import { applyTask } from '../apply/apply-transition.ts';
import { buildPodSpec, launchAttempt } from './attempt-pod.ts';

const CLAIMED_ATTEMPT = {
  attemptNumber: 1,
  kind: 'work',
  from: 'ready',
  phase: 'claimed',
  claimedAt: 0,
  leaseUntil: 2_000_000_000,
} as const;

test('removes a pod whose attempt was cancelled during the launch', async () => {
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
  await fixture.putTask({ status: 'claimed', attempt: 1, liveAttempt: CLAIMED_ATTEMPT });

  expect(await launchAttempt(fixture.deps, plan, await fixture.task())).toBe(false);
  expect(removed).toEqual([`sg-${plan.id}-r1-one-1`]);
});

test('an unreachable launcher does not end the attempt', async () => {
  const fixture = createEngineFixture({
    launcher: {
      ensure: async () => {
        throw new AppError('transient', 'unreachable', 'no answer');
      },
    },
  });
  const plan = await fixture.putPlan();
  await fixture.putTask({ status: 'claimed', attempt: 1, liveAttempt: CLAIMED_ATTEMPT });

  await expect(launchAttempt(fixture.deps, plan, await fixture.task())).rejects.toThrow(
    'no answer',
  );

  expect((await fixture.task()).state).toMatchObject({
    status: 'claimed',
    liveAttempt: { attemptNumber: 1 },
  });
});

test('a late refusal of the launcher does not end an attempt whose pod another launch started', async () => {
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
  await fixture.putTask({ status: 'claimed', attempt: 1, liveAttempt: CLAIMED_ATTEMPT });

  expect(await launchAttempt(fixture.deps, plan, await fixture.task())).toBe(false);
  expect((await fixture.task()).state).toMatchObject({
    status: 'working',
    liveAttempt: { attemptNumber: 1 },
  });
});

test('the deadline of the pod of an interactive session includes a day to wait for people', async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  const plan = await putPlan();
  const task = await putTask();
  const spec = taskSpecSchema.parse({ id: 'one', description: 'x', interactive: true });
  await putTaskDetail(deps.table, task, { spec, dependsOn: [] });

  const { deadline } = await buildPodSpec(deps, plan, task, 1);

  expect(deadline - deps.clock.now()).toBeGreaterThan(24 * 3_600_000);
});

test('the deadline of a pod is the time limit of its task plus 30 minutes', async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  const plan = await putPlan();
  const task = await putTask();
  const spec = taskSpecSchema.parse({ id: 'one', description: 'x', limits: { maxMinutes: 600 } });
  await putTaskDetail(deps.table, task, { spec, dependsOn: [] });

  const { deadline } = await buildPodSpec(deps, plan, task, 1);

  expect(deadline - deps.clock.now()).toBe(630 * 60_000);
});
