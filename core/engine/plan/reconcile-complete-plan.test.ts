import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import type { PullState } from '../../port/forge.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import { reconcilePlan } from './reconcile-plan.ts';

const KEEP_MS = 7 * 86_400_000;
const ROOT = `smol-gang/${FIXTURE_PLAN}-r1/root`;

/** Creates a complete plan with one root pull request. `setPullState` changes the state of the pull request on the forge. */
async function createCompletePlan() {
  let state: PullState = 'open';
  const deleted: string[] = [];
  let readCount = 0;
  const fixture = createEngineFixture({
    forge: {
      readPull: async () => {
        readCount += 1;
        return createRootPull(state);
      },
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
    setPullState: (next: PullState) => {
      state = next;
    },
    plan: async () => (await loadPlan(fixture.table, FIXTURE_PLAN))?.state,
  };
}

function createRootPull(state: PullState) {
  return {
    number: 7,
    nodeId: 'P7',
    url: 'http://127.0.0.1:1/acme/shop/pull/7',
    title: 'Logins',
    body: '',
    state,
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
