import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import type { Forge, PullRequest, Review } from '../../port/forge.ts';
import {
  loadFrontEntry,
  loadMergeQueue,
  putMergeQueueEntry,
} from '../../store/merge-queue-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { handleReconcileMessage } from '../handle-reconcile-message.ts';
import { toPullRef } from '../pull/task-pull.ts';
import { advanceQueue } from './advance-queue.ts';

const PULL = createPullFixture();
const ROOT = 'd'.repeat(40);
const QUEUE = { plan: 'p0123456789', run: 1, repo: FIXTURE_REPO };
const FRONT_TASK: Partial<TaskState> = {
  status: 'merging',
  accepted: { commit: PULL.headSha, attempt: 1, firstAttempt: 1 },
  evidence: { commit: PULL.headSha, root: ROOT, green: true, empty: false, attempt: 1 },
  pull: toPullRef(PULL),
  queuedAt: 1,
};

/** Creates a mergeable task at the front of a queue; `pulls` lists the answers to successive reads of the pull request. */
async function createFrontFixture(pulls: readonly PullRequest[], change: Partial<Forge> = {}) {
  let readCount = 0;
  const fixture = createEngineFixture({
    forge: {
      readPull: async () => {
        readCount += 1;
        return pulls[Math.min(readCount, pulls.length) - 1] ?? PULL;
      },
      readBranchHead: async () => ROOT,
      readChecks: async () => ({ state: 'green', failing: [], pending: [] }),
      readReviews: async () => ({ reviews: [], comments: [] }),
      ...change,
    },
  });
  await fixture.putPlan();
  await fixture.putTask(FRONT_TASK);
  await putMergeQueueEntry(fixture.deps.table, QUEUE, { task: 'one', at: 1 });
  const advanceOnce = () => advanceQueue(fixture.deps, QUEUE);
  return { ...fixture, advanceOnce };
}

test('does not merge a pull request whose base branch changed at the last moment', async () => {
  const retargeted = { ...PULL, base: 'main' };
  const { advanceOnce, advance, task, deps } = await createFrontFixture([PULL, retargeted]);

  expect(await advanceOnce()).toBe('waiting');
  advance(1_000);
  expect(await advanceOnce()).toBe('empty');

  expect((await task()).state).toMatchObject({
    status: 'blocked',
    reason: { text: expect.stringContaining('to main: change it back') },
  });
  expect(await loadFrontEntry(deps.table, QUEUE)).toBeUndefined();
});

test('does not merge a pull request whose reviewer objects while the queue records the coming merge', async () => {
  const objection: Review = {
    id: 4,
    author: 'ann',
    authorCanWrite: true,
    isBot: false,
    state: 'changes_requested',
    body: 'use the clock',
    commit: PULL.headSha,
    at: 1,
  };
  const { advanceOnce, task, deps } = await createFrontFixture([PULL], {
    readReviews: async () => {
      const { phase } = (await loadMergeQueue(deps.table, QUEUE)).state;
      return { reviews: phase === 'merging' ? [objection] : [], comments: [] };
    },
    mergePull: async () => {
      throw new Error('the pull request must not be merged');
    },
  });

  expect(await advanceOnce()).toBe('empty');

  expect((await task()).state).toMatchObject({
    status: 'changes_requested',
    repair: { detail: 'ann requested changes:\nuse the clock' },
    lastHandledReview: 4,
  });
});

test('a task whose repository was deleted is blocked and leaves the queue', async () => {
  const failNotFound = async () => {
    throw new AppError('notFound', 'forge_not_found', 'no repository acme/shop');
  };
  const { advanceOnce, advance, task } = await createFrontFixture([], { readPull: failNotFound });

  let steps = 0;
  for (; steps < 50 && (await advanceOnce()) === 'waiting'; steps += 1) advance(60_000);

  expect((await task()).state.status).toBe('blocked');
  expect(steps).toBeLessThan(10);
});

test('ignores a message with an outdated due time', async () => {
  // The pull request still shows an old head, so the queue waits.
  const { advanceOnce, advance, deps, sent } = await createFrontFixture(
    [{ ...PULL, headSha: 'e'.repeat(40) }],
    {
      readBranchHead: async () => PULL.headSha,
    },
  );
  await advanceOnce();
  const [early] = sent.splice(0).filter((message) => message.type === 'merge_queue');
  advance(500);
  await advanceOnce();
  const [late] = sent.splice(0).filter((message) => message.type === 'merge_queue');
  if (early === undefined || late === undefined) throw new Error('no message for the merge queue');
  advance(2_000);

  const before = await loadMergeQueue(deps.table, QUEUE);
  await handleReconcileMessage(deps, early);
  expect(await loadMergeQueue(deps.table, QUEUE)).toEqual(before);
  await handleReconcileMessage(deps, late);
  expect((await loadMergeQueue(deps.table, QUEUE)).version).toBeGreaterThan(before.version);
});
