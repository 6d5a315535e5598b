import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_REPO } from '../../../test/support/engine/engine-fixture.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { observePull } from './task-pull.ts';

const PULL: PullRequest = {
  number: 7,
  nodeId: 'PR_7',
  url: 'https://forge.test/7',
  title: '',
  body: '',
  state: 'open',
  draft: false,
  head: 'task',
  headSha: 'before',
  base: 'root',
  isMergeable: null,
  labels: [],
  updatedAt: 1,
  author: 'gang',
};

/** Observes a pull request whose branch has `aheadBy` commits that the accepted commit lacks. */
async function observeTaskPull(status: TaskState['status'], aheadBy: number) {
  const forge = {
    readBranchHead: async (_repo: string, branch: string) => (branch === 'root' ? 'r1' : 'before'),
    compareCommits: async () => ({ files: [], aheadBy, behindBy: 1, mergeBase: 'before' }),
  };
  const { deps, putTask, task } = createEngineFixture({ forge });
  const accepted = { commit: 'after', attempt: 2, firstAttempt: 2 };
  await putTask({ status, repo: FIXTURE_REPO, accepted });
  return observePull(deps, deps.forges.local, 'root', await task(), PULL);
}

test('a branch that has not yet moved to the accepted commit does not count as a push of a person', async () => {
  expect(await observeTaskPull('pr_open', 0)).toBeUndefined();
});

test('a branch with an additional commit counts as a push of a person', async () => {
  expect(await observeTaskPull('pr_open', 1)).toEqual({
    type: 'head_moved',
    commit: 'before',
    root: 'r1',
    pull: { number: 7, nodeId: 'PR_7', url: 'https://forge.test/7' },
  });
});

test('a branch that was moved back during review counts as a push of a person', async () => {
  expect(await observeTaskPull('in_review', 0)).toMatchObject({
    type: 'head_moved',
    commit: 'before',
  });
});
