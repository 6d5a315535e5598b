import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import type { RestartRequest } from './restart-plan.ts';
import { restartPlan } from './restart-plan.ts';

const OLD_BASE = 'a'.repeat(40);
const NEW_BASE = 'b'.repeat(40);

function createRequest(run: number, change: Partial<RestartRequest> = {}): RestartRequest {
  return { run, base: 'same', closeReady: false, ...change };
}

test('a repeated restart request starts only one run', async () => {
  const { deps, putPlan } = createEngineFixture();
  await putPlan({ status: 'cancelled', revision: 1, approvedRevision: 1, run: 3 });

  const first = await restartPlan(deps, FIXTURE_PLAN, createRequest(3), 'ann@example.com');
  const repeated = await restartPlan(deps, FIXTURE_PLAN, createRequest(3), 'ann@example.com');

  expect(first.state).toMatchObject({ status: 'activating', run: 4 });
  expect(repeated).toEqual(first);
});

test('a restart of a former run is refused with the number of the current run', async () => {
  const { deps, table, putPlan } = createEngineFixture();
  await putPlan({ status: 'cancelled', revision: 1, approvedRevision: 1, run: 3 });
  const before = await loadPlan(table, FIXTURE_PLAN);

  const restart = restartPlan(deps, FIXTURE_PLAN, createRequest(1), 'ann@example.com');

  await expect(restart).rejects.toMatchObject({ code: 'plan_run', details: { run: 3 } });
  expect(await loadPlan(table, FIXTURE_PLAN)).toEqual(before);
});

test('a restart keeps the base commit, or uses the present head of the base branch on request', async () => {
  for (const [base, expected] of [
    ['same', OLD_BASE],
    ['current', NEW_BASE],
  ] as const) {
    const { deps, putPlan } = createEngineFixture({
      forge: { readBranchHead: async () => NEW_BASE },
    });
    const { repositories } = await putPlan({
      status: 'cancelled',
      revision: 1,
      approvedRevision: 1,
      repositories: createPlanStateFixture().repositories.map((repository) => ({
        ...repository,
        baseSha: OLD_BASE,
      })),
    });
    expect(repositories[0]?.baseSha).toBe(OLD_BASE);

    const { state } = await restartPlan(deps, FIXTURE_PLAN, createRequest(1, { base }), 'ann');

    expect(state.repositories[0]?.baseSha).toBe(expected);
  }
});

test('a restart from a deleted base branch is refused', async () => {
  const { deps, putPlan } = createEngineFixture({
    forge: { readBranchHead: async () => undefined },
  });
  await putPlan({ status: 'cancelled', revision: 1, approvedRevision: 1 });

  const restart = restartPlan(deps, FIXTURE_PLAN, createRequest(1, { base: 'current' }), 'ann');
  await expect(restart).rejects.toMatchObject({ code: 'base_unknown' });
});

test('a restart closes a pull request with finished work only after a confirmation', async () => {
  const { deps, putPlan } = createEngineFixture();
  const pull = {
    repo: 'acme/shop',
    branch: 'root',
    number: 7,
    ready: true,
    state: 'open',
  } as const;
  await putPlan({ status: 'complete', revision: 1, approvedRevision: 1, pulls: [pull] });

  await expect(restartPlan(deps, FIXTURE_PLAN, createRequest(1), 'ann')).rejects.toMatchObject({
    code: 'ready_pull_open',
    details: { pulls: [{ repo: 'acme/shop', number: 7 }] },
  });
  const request = createRequest(1, { closeReady: true });
  expect((await restartPlan(deps, FIXTURE_PLAN, request, 'ann')).state.run).toBe(2);
  // A repeated request needs no confirmation, because the pull request belongs to an earlier run.
  expect((await restartPlan(deps, FIXTURE_PLAN, createRequest(1), 'ann')).state.run).toBe(2);
});
