import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import type { PullRequest, PullState } from '../../port/forge.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import { listPlanWaiting } from '../view/build-waiting.ts';
import { reconcilePlan } from './reconcile-plan.ts';

const KEEP_MS = 7 * 86_400_000;
const ROOT = `smol-gang/${FIXTURE_PLAN}-r1/root`;

/** Creates a complete plan with one root pull request. `setPullState` changes the state of the pull request on the forge. */
async function createCompletePlan() {
  let change: Partial<PullRequest> = {};
  let baseSha: string | undefined = 'b'.repeat(40);
  const deleted: string[] = [];
  let readCount = 0;
  const fixture = createEngineFixture({
    forge: {
      readPull: async () => {
        readCount += 1;
        return { ...createRootPull(), ...change };
      },
      readBranchHead: async () => baseSha,
      compareCommits: async (_repo, base) => ({
        aheadBy: 1,
        behindBy: 1,
        mergeBase: 'c'.repeat(40),
        files: (base === baseSha ? ['a.ts', 'b.ts'] : ['b.ts', 'c.ts']).map((path) => ({
          path,
          status: 'modified',
          additions: 1,
          deletions: 1,
        })),
      }),
      listBranches: async () => [{ name: ROOT, sha: 'a'.repeat(40) }],
      deleteBranch: async (_repo, name) => {
        deleted.push(name);
      },
    },
  });
  const pull = { repo: FIXTURE_REPO, branch: ROOT, number: 7, ready: true };
  await fixture.putPlan({ status: 'complete', pulls: [{ ...pull, state: 'open' }] });
  const reconcile = () => reconcilePlan(fixture.deps, FIXTURE_PLAN);
  return {
    ...fixture,
    deleted,
    countReads: () => readCount,
    reconcile,
    setPullState: (state: PullState) => {
      change = { state };
    },
    changePull: (next: Partial<PullRequest>) => {
      change = next;
    },
    deleteBase: () => {
      baseSha = undefined;
    },
    plan: async () => (await loadPlan(fixture.table, FIXTURE_PLAN))?.state,
  };
}

function createRootPull(): PullRequest {
  return {
    number: 7,
    nodeId: 'P7',
    url: 'http://127.0.0.1:1/acme/shop/pull/7',
    title: 'Logins',
    body: '',
    state: 'open',
    draft: false,
    head: ROOT,
    headSha: 'a'.repeat(40),
    base: 'main',
    isMergeable: true,
    labels: [],
    updatedAt: 1,
    author: 'gang',
  };
}

test('deletes the branches of a closed root pull request after seven days', async () => {
  const { reconcile, setPullState, advance, deleted, plan, countReads } =
    await createCompletePlan();
  setPullState('closed');
  await reconcile();
  advance(KEEP_MS - 1);
  await reconcile();
  expect(deleted).toEqual([]);

  advance(1);
  await reconcile();
  await reconcile();
  const readsBefore = countReads();
  await reconcile();

  expect(deleted).toEqual([ROOT]);
  expect(countReads()).toBe(readsBefore);

  // A second cleanup deletes branches that a slow handler may have pushed after the first cleanup.
  advance(MAX_HANDLER_LIFETIME_MS);
  await reconcile();
  expect(deleted).toEqual([ROOT, ROOT]);
  expect((await plan())?.pendingCleanups).toEqual([]);
});

test('a reopened pull request keeps its branches, and its merge is recorded', async () => {
  const { reconcile, setPullState, advance, deleted, plan } = await createCompletePlan();
  setPullState('closed');
  await reconcile();

  setPullState('open');
  await reconcile();
  expect(await plan()).toMatchObject({ pulls: [{ state: 'open' }], pendingCleanups: [] });
  advance(KEEP_MS);
  await reconcile();
  expect(deleted).toEqual([]);

  setPullState('merged');
  await reconcile();
  await reconcile();
  expect(await plan()).toMatchObject({
    pulls: [{ state: 'merged' }],
    pendingCleanups: [{ run: 1, isFirstPassDone: true }],
  });
  expect(deleted).toEqual([ROOT]);
});

test('keeps the branches of a pull request that was reopened without a webhook', async () => {
  const { reconcile, setPullState, advance, deleted, plan } = await createCompletePlan();
  setPullState('closed');
  await reconcile();

  setPullState('open');
  advance(KEEP_MS);
  await reconcile();
  await reconcile();

  expect(deleted).toEqual([]);
  expect(await plan()).toMatchObject({ pulls: [{ state: 'open' }], pendingCleanups: [] });
});

test('a conflict with the base branch is recorded with the files of both sides, and its end as well', async () => {
  const { reconcile, changePull, plan } = await createCompletePlan();
  changePull({ isMergeable: false });
  await reconcile();
  await reconcile();
  expect((await plan())?.pulls[0]?.problem).toEqual({ kind: 'conflict', files: ['b.ts'] });

  changePull({ isMergeable: null });
  await reconcile();
  expect((await plan())?.pulls[0]?.problem?.kind).toBe('conflict');

  changePull({ isMergeable: true });
  await reconcile();
  expect((await plan())?.pulls[0]?.problem).toBeUndefined();
});

test.each(['open', 'closed'] as const)(
  'a missing base branch of a pull request that is %s asks a person for another base branch',
  async (state) => {
    const { reconcile, changePull, deleteBase, plan, table } = await createCompletePlan();
    deleteBase();
    changePull({ state });
    await reconcile();

    expect((await plan())?.pulls[0]?.problem).toEqual({ kind: 'base_missing', base: 'main' });
    const stored = await loadPlan(table, FIXTURE_PLAN);
    expect(stored && listPlanWaiting(stored, {})).toMatchObject([
      { kind: 'merge', problem: { kind: 'base_missing' }, actions: ['retarget'] },
    ]);
  },
);

test('a base branch that was renamed at the forge becomes the base branch of the plan', async () => {
  const { reconcile, changePull, plan } = await createCompletePlan();
  changePull({ base: 'trunk' });
  await reconcile();

  expect((await plan())?.repositories[0]?.base).toBe('trunk');
});

test('an open pull request is read again later, because no event reports a moved base branch', async () => {
  const { reconcile, table, deps } = await createCompletePlan();
  await reconcile();

  const dueAt = (await loadPlan(table, FIXTURE_PLAN))?.dueAt ?? 0;
  expect(dueAt - deps.clock.now()).toBeGreaterThan(0);
  expect(dueAt - deps.clock.now()).toBeLessThanOrEqual(300_000);
});
