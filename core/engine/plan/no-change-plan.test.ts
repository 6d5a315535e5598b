import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { requirePlan } from '../apply/apply-transition.ts';
import { approveTask } from '../command/task-commands.ts';
import { reconcilePlan } from './reconcile-plan.ts';

const ROOT = 'a'.repeat(40);
const SIMPLE_VERDICT = {
  complexity: 'simple' as const,
  reasoning: '',
  confidence: 1,
  estimatedTasks: 1,
  suggestion: '',
  source: 'person' as const,
};

/** Creates a simple plan whose task changed nothing. */
async function createUnchangedPlan(change: Partial<TaskState> = {}) {
  const fixture = createEngineFixture();
  await fixture.putPlan({
    verdict: SIMPLE_VERDICT,
    finalTasks: [{ task: 'one', repo: FIXTURE_REPO }],
  });
  await fixture.putTask({
    status: 'in_review',
    simple: true,
    noChange: true,
    accepted: { commit: ROOT, attempt: 1, firstAttempt: 1 },
    evidence: { commit: ROOT, root: ROOT, green: true, empty: false },
    ...change,
  });
  return fixture;
}

test('a simple plan whose task changed nothing stays active until a person decides', async () => {
  const fixture = await createUnchangedPlan();

  await reconcilePlan(fixture.deps, FIXTURE_PLAN);

  expect((await requirePlan(fixture.deps, FIXTURE_PLAN)).state.status).toBe('active');
});

test('an approval completes a simple plan without a pull request', async () => {
  const fixture = await createUnchangedPlan();

  await approveTask(fixture.deps, FIXTURE_PLAN, 'one', 'ann');
  await reconcilePlan(fixture.deps, FIXTURE_PLAN);

  expect((await fixture.task()).state).toMatchObject({ status: 'merged', mergeSha: ROOT });
  expect((await requirePlan(fixture.deps, FIXTURE_PLAN)).state).toMatchObject({
    status: 'complete',
    pulls: [],
  });
});
