import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { handleReconcileMessage } from '../handle-reconcile-message.ts';
import { toPullRef } from '../pull/task-pull.ts';
import { preparePull } from './prepare-pull.ts';
import { reconcileTask } from './reconcile-task.ts';

const FIXTURE_KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one' };
const COMMIT = 'c'.repeat(40);

const PULL = createPullFixture({ headSha: COMMIT, draft: true });
const REF = toPullRef(PULL);
const READY_TASK: Partial<TaskState> = {
  status: 'pr_open',
  accepted: { commit: COMMIT, attempt: 1, firstAttempt: 1 },
  evidence: { commit: COMMIT, root: COMMIT, green: true, empty: false },
};

/** Prepares the closed pull request of a retried task; returns the forge calls that reopen the pull request, in order. */
async function prepareRetriedPull(simple: boolean): Promise<string[]> {
  const calls: string[] = [];
  let pull: PullRequest = {
    ...PULL,
    state: 'closed',
    draft: false,
    base: simple ? 'main' : PULL.base,
  };
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      readBranchHead: async () => COMMIT,
      readPull: async () => pull,
      findPull: async () => pull,
      updatePull: async () => {},
      reopenPull: async () => {
        calls.push('reopen');
        pull = { ...pull, state: 'open' };
      },
      markDraft: async () => {
        calls.push('draft');
        pull = { ...pull, draft: true };
      },
      readChecks: async () => ({ state: 'pending', failing: [], pending: ['ci'] }),
    },
  });
  await fixture.putPlan();
  await fixture.putTask({ ...READY_TASK, simple, mustReopenPull: true, pull: REF });
  await preparePull(fixture.deps, await fixture.task());
  return calls;
}

test('reopens a pull request as a draft, because the forge may still process an earlier merge call', async () => {
  expect(await prepareRetriedPull(false)).toEqual(['reopen', 'draft']);
});

test('reopens the pull request of a simple plan without making it a draft', async () => {
  expect(await prepareRetriedPull(true)).toEqual(['reopen']);
});

/** Prepares a pull request that is found only when a new pull request is opened; returns the state of the task. */
async function preparePullWithLateFind(change: Partial<PullRequest>) {
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      findPull: async () => undefined,
      ensurePull: async () => ({ ...PULL, ...change }),
    },
  });
  await fixture.putPlan();
  await fixture.putTask(READY_TASK);
  await preparePull(fixture.deps, await fixture.task());
  return (await fixture.task()).state;
}

test('a pull request that a person closed fails the task, which stores the pull request', async () => {
  expect(await preparePullWithLateFind({ state: 'closed' })).toMatchObject({
    status: 'failed',
    pull: REF,
  });
});

test('a pull request with a changed base branch blocks the task', async () => {
  const { status, reason } = await preparePullWithLateFind({ base: 'main' });

  expect(status).toBe('blocked');
  expect(reason?.text).toContain('to main: change it back');
});

test('stores the pull request first and requests a repair of red checks only in the next reconcile', async () => {
  const red = { state: 'red' as const, failing: [{ name: 'ci', summary: '' }], pending: [] };
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      findPull: async () => PULL,
      readPull: async () => PULL,
      updatePull: async () => {},
      readChecks: async () => red,
    },
  });
  await fixture.putPlan();
  await fixture.putTask(READY_TASK);

  await preparePull(fixture.deps, await fixture.task());
  const known = (await fixture.task()).state;
  expect(known).toMatchObject({ pull: REF, last: { event: 'pull_ensured' } });
  expect(known.repair).toBeUndefined();

  await preparePull(fixture.deps, await fixture.task());
  expect((await fixture.task()).state.repair).toMatchObject({ reason: 'check_red' });
});

test('adopts a commit that a person pushed while the task branch was moved', async () => {
  const [before, pushed] = ['a'.repeat(40), 'b'.repeat(40)];
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      ensureBranch: async () => before,
      moveBranch: async () => 'diverged',
      readBranchHead: async () => pushed,
    },
  });
  await putPlan();
  await putTask(READY_TASK);

  await preparePull(deps, await task());

  expect((await task()).state).toMatchObject({
    accepted: { commit: pushed },
    last: { event: 'head_moved' },
  });
});

test('opens another pull request after a merge into another branch', async () => {
  const bases: string[] = [];
  const other = createPullFixture({ number: 8, headSha: COMMIT });
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      readPull: async () => ({ ...PULL, state: 'merged', base: 'main' }),
      findPull: async () => undefined,
      ensurePull: async (_repo, { base }) => {
        bases.push(base);
        return other;
      },
      readChecks: async () => ({ state: 'green', failing: [], pending: [] }),
    },
  });
  await putPlan();
  await putTask({ ...READY_TASK, pull: REF });

  await preparePull(deps, await task());

  expect(bases).toEqual([PULL.base]);
  expect((await task()).state).toMatchObject({ status: 'merging', pull: { number: 8 } });
});

test('blocks the task with advice if the pull request cannot be reopened', async () => {
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      readPull: async () => ({ ...PULL, state: 'closed' }),
      findPull: async () => ({ ...PULL, state: 'closed' }),
      reopenPull: async () => {
        throw new AppError('refused', 'cannot_reopen', 'The branch was force-pushed.');
      },
    },
  });
  await putPlan();
  await putTask({ ...READY_TASK, pull: REF, mustReopenPull: true });

  await preparePull(deps, await task());

  const { status, reason } = (await task()).state;
  expect(status).toBe('blocked');
  expect(reason?.text).toContain(`open a pull request from ${PULL.head} to ${PULL.base} by hand`);
});

test('repeated polls of pending checks lead to a single later poll', async () => {
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      readPull: async () => PULL,
      readChecks: async () => ({ state: 'pending', failing: [], pending: ['ci'] }),
    },
  });
  const { deps, putPlan, putTask, advance, sent } = fixture;
  await putPlan();
  const { last } = await putTask({ ...READY_TASK, task: 'other' });
  await putTask({ ...READY_TASK, pull: REF, last: { ...last, at: deps.clock.now() } });
  for (let poll = 0; poll < 5; poll += 1) {
    await reconcileTask(deps, FIXTURE_KEY);
    advance(100);
  }
  const wakeUps = sent.splice(0);
  expect(wakeUps).toHaveLength(5);

  advance(15_000);
  for (const wakeUp of wakeUps) await handleReconcileMessage(deps, wakeUp);

  expect(sent).toHaveLength(1);
});
