import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
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
async function createFrontStage(pulls: readonly PullRequest[], change: Partial<Forge> = {}) {
  let looks = 0;
  const fixture = createEngineFixture({
    forge: {
      readPull: async () => {
        looks += 1;
        return pulls[Math.min(looks, pulls.length) - 1] ?? PULL;
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
  const work = () => advanceQueue(fixture.deps, QUEUE);
  return { ...fixture, work };
}

test('does not merge a pull request whose base branch changed at the last moment', async () => {
  const away = { ...PULL, base: 'main' };
  const { work, advance, task, deps } = await createFrontStage([PULL, away]);

  expect(await work()).toBe('waiting');
  advance(1_000);
  expect(await work()).toBe('empty');

  expect((await task()).state).toMatchObject({
    status: 'blocked',
    reason: { text: expect.stringContaining('to main: change it back') },
  });
  expect(await loadFrontEntry(deps.table, QUEUE)).toBeUndefined();
});

test('a task whose repository was deleted does not hold up the queue forever', async () => {
  const gone = async () => {
    throw new AppError('notFound', 'forge_not_found', 'no repository acme/shop');
  };
  const { work, advance, task } = await createFrontStage([], { readPull: gone });

  let looks = 0;
  for (; looks < 50 && (await work()) === 'waiting'; looks += 1) advance(60_000);

  expect((await task()).state.status).toBe('blocked');
  expect(looks).toBeLessThan(10);
});

test('ignores a message for a time at which the queue is no longer due', async () => {
  const { work, advance, deps, sent } = await createFrontStage(
    [{ ...PULL, headSha: 'e'.repeat(40) }],
    {
      readBranchHead: async () => PULL.headSha,
    },
  );
  await work();
  const [early] = sent.splice(0).filter((message) => message.type === 'merge_queue');
  advance(500);
  await work();
  const [late] = sent.splice(0).filter((message) => message.type === 'merge_queue');
  if (early === undefined || late === undefined) throw new Error('no message for the lane');
  advance(2_000);

  const before = await loadMergeQueue(deps.table, QUEUE);
  await handleReconcileMessage(deps, early);
  expect(await loadMergeQueue(deps.table, QUEUE)).toEqual(before);
  await handleReconcileMessage(deps, late);
  expect((await loadMergeQueue(deps.table, QUEUE)).version).toBeGreaterThan(before.version);
});
