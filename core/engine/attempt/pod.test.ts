import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine-fixture.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { putDetail } from '../../store/task-detail.ts';
import { podSpec } from './pod.ts';

test('a session with people is not ended because they take their time', async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  const plan = await putPlan();
  const task = await putTask();
  const spec = taskSpecSchema.parse({ id: 'one', description: 'x', interactive: true });
  await putDetail(deps.table, task, { spec, dependsOn: [] });

  const { deadline } = await podSpec(deps, plan, task, 1);

  expect(deadline - deps.clock.now()).toBeGreaterThan(24 * 3_600_000);
});

test("a pod lives for its task's own minutes, and for what comes on top", async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  const plan = await putPlan();
  const task = await putTask();
  const spec = taskSpecSchema.parse({ id: 'one', description: 'x', limits: { maxMinutes: 600 } });
  await putDetail(deps.table, task, { spec, dependsOn: [] });

  const { deadline } = await podSpec(deps, plan, task, 1);

  expect(deadline - deps.clock.now()).toBe(630 * 60_000);
});
