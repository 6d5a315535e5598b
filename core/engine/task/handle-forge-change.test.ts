import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { toPullRef } from '../pull/task-pull.ts';
import { handleForgeChange } from './handle-forge-change.ts';

const PULL = createPullFixture();

/** Handles a reported change of a pull request and returns the state of the task. */
async function handlePullChange(pull: PullRequest, change: Partial<TaskState>) {
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: { readPull: async () => pull },
  });
  await putPlan();
  await putTask({
    status: 'blocked',
    accepted: { commit: PULL.headSha, attempt: 1, firstAttempt: 1 },
    ...change,
  });
  await handleForgeChange(deps, {
    type: 'forge_changed',
    v: 1,
    repo: FIXTURE_REPO,
    pull: pull.number,
    branch: PULL.head,
    delivery: 'd1',
  });
  return (await task()).state;
}

test("a changed base branch of the task's own pull request blocks the task", async () => {
  const state = await handlePullChange(
    { ...PULL, base: 'main' },
    { status: 'in_review', pull: toPullRef(PULL) },
  );

  expect(state.status).toBe('blocked');
  expect(state.reason?.text).toContain('to main: change it back');
});

test('a merge into another branch blocks the task', async () => {
  const mergedElsewhere = { ...PULL, base: 'main', state: 'merged' as const };
  const state = await handlePullChange(mergedElsewhere, {
    status: 'in_review',
    pull: toPullRef(PULL),
  });

  expect(state.status).toBe('blocked');
  expect(state.reason?.text).toContain('was merged into main');
});

test('ignores another pull request from the task branch to another base', async () => {
  const state = await handlePullChange({ ...PULL, base: 'main', state: 'merged' }, {});

  expect(state.last.event).toBe('created');
});

test('accepts any base branch for the pull request of a simple plan', async () => {
  const state = await handlePullChange(
    { ...PULL, base: 'develop', state: 'merged', mergeSha: 'f'.repeat(40) },
    { simple: true, status: 'in_review', pull: toPullRef(PULL) },
  );

  expect(state).toMatchObject({ status: 'merged', mergeSha: 'f'.repeat(40) });
});
