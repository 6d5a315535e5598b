import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine/engine-fixture.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { putTaskDetail } from '../../store/task-detail-store.ts';
import { buildPodSpec } from './pod-spec.ts';

test('a session with people is not ended because they take their time', async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  const plan = await putPlan();
  const task = await putTask();
  const spec = taskSpecSchema.parse({ id: 'one', description: 'x', interactive: true });
  await putTaskDetail(deps.table, task, { spec, dependsOn: [] });

  const { deadline } = await buildPodSpec(deps, plan, task, 1);

  expect(deadline - deps.clock.now()).toBeGreaterThan(24 * 3_600_000);
});

test("a pod lives for its task's own minutes, and for what comes on top", async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  const plan = await putPlan();
  const task = await putTask();
  const spec = taskSpecSchema.parse({ id: 'one', description: 'x', limits: { maxMinutes: 600 } });
  await putTaskDetail(deps.table, task, { spec, dependsOn: [] });

  const { deadline } = await buildPodSpec(deps, plan, task, 1);

  expect(deadline - deps.clock.now()).toBe(630 * 60_000);
});
