import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine-fixture.ts';
import type { PullRequest } from '../../port/forge.ts';
import { promote } from './promote.ts';

const COMMIT = 'c'.repeat(40);
const REF = { number: 7, nodeId: 'PR_7', url: 'https://forge.test/pull/7' };

/** What is asked of the forge of a task that a retry goes on with, in order. */
async function promoteRetried(simple: boolean): Promise<string[]> {
  const asked: string[] = [];
  let pull: PullRequest = {
    ...REF,
    state: 'closed',
    draft: false,
    title: 'One',
    body: '',
    head: 'one',
    headSha: COMMIT,
    base: simple ? 'main' : 'smol-gang/p0123456789-r1/root',
    mergeable: null,
    labels: [],
    updatedAt: 0,
    author: 'gang',
  };
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      branchHead: async () => COMMIT,
      pull: async () => pull,
      findPull: async () => pull,
      updatePull: async () => {},
      reopenPull: async () => {
        asked.push('reopen');
        pull = { ...pull, state: 'open' };
      },
      markDraft: async () => {
        asked.push('draft');
        pull = { ...pull, draft: true };
      },
      checks: async () => ({ state: 'pending', failing: [], pending: ['ci'] }),
    },
  });
  await fixture.putPlan();
  await fixture.putTask({
    simple,
    status: 'pr_open',
    reopen: true,
    pull: REF,
    accepted: { commit: COMMIT, attempt: 1, branch: 1 },
    proof: { commit: COMMIT, root: COMMIT, green: true, empty: false },
  });
  await promote(fixture.deps, await fixture.task());
  return asked;
}

test('a pull request is opened again as a draft: a call to merge it may still be on its way', async () => {
  expect(await promoteRetried(false)).toEqual(['reopen', 'draft']);
});

test('that of a simple plan, which nobody but people merge, is as it was', async () => {
  expect(await promoteRetried(true)).toEqual(['reopen']);
});
