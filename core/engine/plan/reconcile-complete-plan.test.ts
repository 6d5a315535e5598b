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

/** A complete plan, whose root pull request is what `person` makes of it. */
async function createCompletePlan() {
  let state: PullState = 'open';
  const deleted: string[] = [];
  let looks = 0;
  const stage = createEngineFixture({
    forge: {
      readPull: async () => {
        looks += 1;
        return createRootPull(state);
      },
      listBranches: async () => [{ name: ROOT, sha: 'a'.repeat(40) }],
      deleteBranch: async (_repo, name) => {
        deleted.push(name);
      },
    },
  });
  const pull = { repo: FIXTURE_REPO, branch: ROOT, number: 7, ready: true };
  await stage.putPlan({ status: 'complete', pulls: [{ ...pull, state: 'open' }] });
  const reconcile = () => reconcilePlan(stage.deps, FIXTURE_PLAN);
  return {
    ...stage,
    deleted,
    looks: () => looks,
    reconcile,
    person: (next: PullState) => {
      state = next;
    },
    plan: async () => (await loadPlan(stage.table, FIXTURE_PLAN))?.state,
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
    mergeable: true,
    labels: [],
    updatedAt: 1,
    author: 'gang',
  };
}

test('the branches of a closed root pull request are deleted after some days', async () => {
  const { reconcile, person, advance, deleted, plan, looks } = await createCompletePlan();
  person('closed');
  await reconcile();
  advance(KEEP_MS - 1);
  await reconcile();
  expect(deleted).toEqual([]);

  advance(1);
  await reconcile();
  await reconcile();
  const asked = looks();
  await reconcile();

  expect(deleted).toEqual([ROOT]);
  expect(looks()).toBe(asked);

  // A branch that a slow handler pushed again meanwhile is deleted too.
  advance(MAX_HANDLER_LIFETIME_MS);
  await reconcile();
  expect(deleted).toEqual([ROOT, ROOT]);
  expect((await plan())?.pendingCleanups).toEqual([]);
});

test('a reopened pull request keeps its branches, and its merge is recorded', async () => {
  const { reconcile, person, advance, deleted, plan } = await createCompletePlan();
  person('closed');
  await reconcile();

  person('open');
  await reconcile();
  expect(await plan()).toMatchObject({ pulls: [{ state: 'open' }], pendingCleanups: [] });
  advance(KEEP_MS);
  await reconcile();
  expect(deleted).toEqual([]);

  person('merged');
  await reconcile();
  await reconcile();
  expect(await plan()).toMatchObject({
    pulls: [{ state: 'merged' }],
    pendingCleanups: [{ run: 1, swept: true }],
  });
  expect(deleted).toEqual([ROOT]);
});

test('a pull request that was reopened without a webhook is read before its branches are deleted', async () => {
  const { reconcile, person, advance, deleted, plan } = await createCompletePlan();
  person('closed');
  await reconcile();

  person('open');
  advance(KEEP_MS);
  await reconcile();
  await reconcile();

  expect(deleted).toEqual([]);
  expect(await plan()).toMatchObject({ pulls: [{ state: 'open' }], pendingCleanups: [] });
});
