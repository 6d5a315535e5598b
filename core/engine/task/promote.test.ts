import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine-fixture.ts';
import type { PullRequest } from '../../port/forge.ts';
import { promote } from './promote.ts';

const COMMIT = 'c'.repeat(40);
const REF = { number: 7, nodeId: 'PR_7', url: 'https://forge.test/pull/7' };

const PULL: PullRequest = {
  ...REF,
  state: 'open',
  draft: true,
  title: 'One',
  body: '',
  head: 'one',
  headSha: COMMIT,
  base: 'smol-gang/p0123456789-r1/root',
  mergeable: null,
  labels: [],
  updatedAt: 0,
  author: 'gang',
};

/** What is asked of the forge of a task that a retry goes on with, in order. */
async function promoteRetried(simple: boolean): Promise<string[]> {
  const asked: string[] = [];
  let pull: PullRequest = {
    ...PULL,
    state: 'closed',
    draft: false,
    base: simple ? 'main' : PULL.base,
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

/** What a task comes to whose pull request, unknown to it, is found at the last moment. */
async function promoteLate(found: Partial<PullRequest>) {
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      findPull: async () => undefined,
      ensurePull: async () => ({ ...PULL, ...found }),
    },
  });
  await fixture.putPlan();
  await fixture.putTask({
    status: 'pr_open',
    accepted: { commit: COMMIT, attempt: 1, branch: 1 },
    proof: { commit: COMMIT, root: COMMIT, green: true, empty: false },
  });
  await promote(fixture.deps, await fixture.task());
  return (await fixture.task()).state;
}

test('one that a person closed meanwhile ends its task, which knows it from then on', async () => {
  expect(await promoteLate({ state: 'closed' })).toMatchObject({ status: 'failed', pull: REF });
});

test('one that a person had go elsewhere meanwhile blocks its task', async () => {
  const { status, reason } = await promoteLate({ base: 'main' });

  expect(status).toBe('blocked');
  expect(reason?.text).toContain('pull request #7 goes to main now');
});

test('a pull request is known by its number before red checks send its work back', async () => {
  const red = { state: 'red' as const, failing: [{ name: 'ci', summary: '' }], pending: [] };
  const fixture = createEngineFixture({
    forge: {
      ensureBranch: async () => COMMIT,
      findPull: async () => PULL,
      pull: async () => PULL,
      updatePull: async () => {},
      checks: async () => red,
    },
  });
  await fixture.putPlan();
  await fixture.putTask({
    status: 'pr_open',
    accepted: { commit: COMMIT, attempt: 1, branch: 1 },
    proof: { commit: COMMIT, root: COMMIT, green: true, empty: false },
  });

  await promote(fixture.deps, await fixture.task());
  const known = (await fixture.task()).state;
  expect(known).toMatchObject({ pull: REF, last: { event: 'pull_ensured' } });
  expect(known.repair).toBeUndefined();

  await promote(fixture.deps, await fixture.task());
  expect((await fixture.task()).state.repair).toMatchObject({ reason: 'check_red' });
});
