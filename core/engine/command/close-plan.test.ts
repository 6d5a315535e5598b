import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import { listPlanWaiting } from '../view/build-waiting.ts';
import { closePlan } from './close-plan.ts';

const ACTOR = 'ann@example.com';
const DAY_MS = 86_400_000;

test('closes the open pull request, deletes the branches of former runs at once and those of the current run after the last handler', async () => {
  const closed: number[] = [];
  const deleted = new Set<string>();
  const { deps, table, putPlan, advance } = createEngineFixture({
    forge: {
      findPull: async () => createPullFixture({ number: 7, state: 'open' }),
      closePull: async (_repo, number) => {
        closed.push(number);
      },
      listBranches: async (_repo, prefix) => [{ name: `${prefix}root`, sha: 'a'.repeat(40) }],
      deleteBranch: async (_repo, name) => {
        deleted.add(name);
      },
    },
  });
  const pull = {
    repo: FIXTURE_REPO,
    branch: 'root',
    number: 7,
    ready: true,
    state: 'open',
  } as const;
  await putPlan({
    status: 'complete',
    run: 2,
    approvedRevision: undefined,
    pulls: [pull],
    pendingCleanups: [{ run: 1, at: deps.clock.now() + 14 * DAY_MS }],
  });

  const { state } = await closePlan(deps, FIXTURE_PLAN, 'not wanted', ACTOR);
  expect(state).toMatchObject({
    status: 'closed',
    reason: 'not wanted',
    pulls: [{ state: 'closed' }],
  });

  for (let step = 0; step < 6; step += 1) await reconcilePlan(deps, FIXTURE_PLAN);
  expect(closed).toEqual([7]);
  expect([...deleted]).toEqual([`smol-gang/${FIXTURE_PLAN}-r1/root`]);

  for (let step = 0; step < 6; step += 1) {
    advance(MAX_HANDLER_LIFETIME_MS);
    await reconcilePlan(deps, FIXTURE_PLAN);
  }
  expect([...deleted].sort()).toEqual([
    `smol-gang/${FIXTURE_PLAN}-r1/root`,
    `smol-gang/${FIXTURE_PLAN}-r2/root`,
  ]);
  const stored = await loadPlan(table, FIXTURE_PLAN);
  expect(stored?.state).toMatchObject({ stoppingRuns: [], pendingCleanups: [] });
  expect(stored && listPlanWaiting(stored, {})).toEqual([]);
});

test('a failed plan no longer asks for a person after a close, and a repeated close changes nothing', async () => {
  const { deps, putPlan } = createEngineFixture({ forge: {} });
  await putPlan({ status: 'failed', reason: 'no graph' });

  const first = await closePlan(deps, FIXTURE_PLAN, '', ACTOR);
  const repeated = await closePlan(deps, FIXTURE_PLAN, '', ACTOR);

  expect(listPlanWaiting(first, {})).toEqual([]);
  expect(repeated).toEqual(first);
});

test('refuses to close a running plan and names the next step', async () => {
  const { deps, putPlan } = createEngineFixture();
  await putPlan({ status: 'active' });

  await expect(closePlan(deps, FIXTURE_PLAN, '', ACTOR)).rejects.toMatchObject({
    code: 'plan_status',
    message: expect.stringContaining('cancel the plan first'),
  });
});
