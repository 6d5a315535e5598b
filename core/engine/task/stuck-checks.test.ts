import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { loadFrontEntry, putMergeQueueEntry } from '../../store/merge-queue-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { advanceQueue } from '../merge-queue/advance-queue.ts';
import { buildTaskWaiting } from '../view/build-waiting.ts';
import { preparePull } from './prepare-pull.ts';

// A check without an end, for example after the removal of its app, delays only its own task and is shown to people by name.

const COMMIT = 'c'.repeat(40);
const ROOT = 'd'.repeat(40);
const PULL = createPullFixture({ headSha: COMMIT });

function createChecksFixture() {
  let state: 'pending' | 'green' = 'pending';
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      readBranchHead: async (_repo, branch) => (branch.endsWith('/root') ? ROOT : COMMIT),
      readPull: async () => PULL,
      readChecks: async () => ({
        state,
        failing: [],
        pending: state === 'pending' ? ['deploy gate'] : [],
      }),
      readReviews: async () => ({ reviews: [], comments: [] }),
    },
  });
  return {
    ...fixture,
    finishChecks: () => {
      state = 'green';
    },
  };
}

function putTaskAtPull(
  fixture: ReturnType<typeof createChecksFixture>,
  change: Partial<TaskState>,
) {
  return fixture.putTask({
    attempt: 1,
    accepted: { commit: COMMIT, attempt: 1, firstAttempt: 1 },
    evidence: { commit: COMMIT, root: ROOT, green: true, empty: false, attempt: 1 },
    pull: { number: 7, nodeId: 'n7', url: PULL.url },
    last: {
      version: 1,
      at: fixture.deps.clock.now(),
      from: 'pr_open',
      to: 'pr_open',
      event: 'pull_ensured',
      actor: 'forge',
    },
    ...change,
  });
}

test('a task with checks that are pending for an hour names the checks and the next step', async () => {
  const fixture = createChecksFixture();
  const { deps, task, advance, putPlan, finishChecks } = fixture;
  await putPlan();
  await putTaskAtPull(fixture, { status: 'pr_open' });

  await preparePull(deps, await task());
  expect(buildTaskWaiting((await task()).state)).toBeUndefined();
  advance(3_600_001);
  await preparePull(deps, await task());

  expect(buildTaskWaiting((await task()).state)).toEqual({
    kind: 'checks',
    plan: 'p0123456789',
    task: 'one',
    checks: ['deploy gate'],
    pull: { repo: FIXTURE_REPO, number: 7, url: PULL.url },
    actions: ['request_changes'],
  });
  expect((await task()).state.status).toBe('pr_open');

  finishChecks();
  await preparePull(deps, await task());
  expect((await task()).state.status).toBe('merging');
  expect((await task()).state.stuckChecks).toBeUndefined();
});

test('a task with stuck checks leaves the queue and keeps its approval', async () => {
  const fixture = createChecksFixture();
  const { deps, task, advance, putPlan, finishChecks } = fixture;
  await putPlan();
  const { plan, run } = await putTaskAtPull(fixture, {
    status: 'merging',
    policy: 'review',
    approvedCommit: COMMIT,
  });
  const queueKey = { plan, run, repo: FIXTURE_REPO };
  await putMergeQueueEntry(deps.table, queueKey, { task: 'one', at: 1 });

  const outcomes: string[] = [];
  for (let minute = 0; minute < 12; minute += 1) {
    outcomes.push(await advanceQueue(deps, queueKey));
    advance(60_000);
  }

  expect(outcomes.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 'waiting'));
  expect(outcomes.at(-1)).toBe('empty');
  expect(await loadFrontEntry(deps.table, queueKey)).toBeUndefined();
  expect((await task()).state).toMatchObject({ status: 'pr_open', stuckChecks: ['deploy gate'] });

  finishChecks();
  await preparePull(deps, await task());
  expect((await task()).state.status).toBe('merging');
});
