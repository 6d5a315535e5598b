import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine-fixture.ts';
import type { PullState } from '../../port/forge.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { HANDLER_SPAN_MS } from '../handler-span.ts';
import { drivePlan } from './drive-plan.ts';

const KEPT_MS = 7 * 86_400_000;
const ROOT = `smol-gang/${FIXTURE_PLAN}-r1/root`;

/** A complete plan, whose root pull request is what `person` makes of it. */
async function createComplete() {
  let state: PullState = 'open';
  const deleted: string[] = [];
  let looks = 0;
  const stage = createEngineFixture({
    forge: {
      pull: async () => {
        looks += 1;
        return pullFixture(state);
      },
      listBranches: async () => [{ name: ROOT, sha: 'a'.repeat(40) }],
      deleteBranch: async (_repo, name) => {
        deleted.push(name);
      },
    },
  });
  const pull = { repo: FIXTURE_REPO, branch: ROOT, number: 7, ready: true };
  await stage.putPlan({ status: 'complete', pulls: [{ ...pull, state: 'open' }] });
  const drive = () => drivePlan(stage.deps, FIXTURE_PLAN);
  return {
    ...stage,
    deleted,
    looks: () => looks,
    drive,
    person: (next: PullState) => {
      state = next;
    },
    plan: async () => (await loadPlan(stage.table, FIXTURE_PLAN))?.state,
  };
}

function pullFixture(state: PullState) {
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

test('a closed root pull request is kept for some days, then its branches go and nobody asks for it again', async () => {
  const { drive, person, advance, deleted, plan, looks } = await createComplete();
  person('closed');
  await drive();
  advance(KEPT_MS - 1);
  await drive();
  expect(deleted).toEqual([]);

  advance(1);
  await drive();
  await drive();
  const asked = looks();
  await drive();

  expect(deleted).toEqual([ROOT]);
  expect(looks()).toBe(asked);

  // What a handler that stood still put back meanwhile goes too.
  advance(HANDLER_SPAN_MS);
  await drive();
  expect(deleted).toEqual([ROOT, ROOT]);
  expect((await plan())?.cleanup).toEqual([]);
});

test('one that is reopened keeps its branches, and its merge is seen', async () => {
  const { drive, person, advance, deleted, plan } = await createComplete();
  person('closed');
  await drive();

  person('open');
  await drive();
  expect(await plan()).toMatchObject({ pulls: [{ state: 'open' }], cleanup: [] });
  advance(KEPT_MS);
  await drive();
  expect(deleted).toEqual([]);

  person('merged');
  await drive();
  await drive();
  expect(await plan()).toMatchObject({
    pulls: [{ state: 'merged' }],
    cleanup: [{ run: 1, swept: true }],
  });
  expect(deleted).toEqual([ROOT]);
});

test('one that was reopened without a word is looked at once more before its branches would go', async () => {
  const { drive, person, advance, deleted, plan } = await createComplete();
  person('closed');
  await drive();

  person('open');
  advance(KEPT_MS);
  await drive();
  await drive();

  expect(deleted).toEqual([]);
  expect(await plan()).toMatchObject({ pulls: [{ state: 'open' }], cleanup: [] });
});
