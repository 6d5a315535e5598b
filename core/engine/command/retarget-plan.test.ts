import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import type { PullState } from '../../port/forge.ts';
import { retargetPlan } from './retarget-plan.ts';

const ACTOR = 'ann@example.com';

/** Creates a complete plan at a forge with the branches main and trunk. */
async function createDeliveredFixture(state: PullState) {
  const changes: string[] = [];
  const fixture = createEngineFixture({
    forge: {
      readBranchHead: async (_repo, branch) =>
        branch === 'main' || branch === 'trunk' ? 'a'.repeat(40) : undefined,
      changePullBase: async (_repo, number, base) => {
        changes.push(`#${number} ${base}`);
      },
    },
  });
  const pull = { repo: FIXTURE_REPO, branch: 'smol-gang/x/root', number: 7, ready: true, state };
  await fixture.putPlan({ status: 'complete', pulls: [pull] });
  return { ...fixture, changes };
}

test('changes the base branch of the plan and of its pull request', async () => {
  const { deps, changes } = await createDeliveredFixture('open');

  const { state } = await retargetPlan(
    deps,
    FIXTURE_PLAN,
    { repo: FIXTURE_REPO, base: 'trunk' },
    ACTOR,
  );

  expect(state.repositories[0]?.base).toBe('trunk');
  expect(changes).toEqual(['#7 trunk']);
});

test.each([
  ['a branch that does not exist', 'open', { repo: FIXTURE_REPO, base: 'nowhere' }, 'base_unknown'],
  ['a repository of another plan', 'open', { repo: 'acme/x', base: 'trunk' }, 'repository_unknown'],
  ['a closed pull request', 'closed', { repo: FIXTURE_REPO, base: 'trunk' }, 'pull_not_open'],
] as const)('refuses %s', async (_title, state, request, code) => {
  const { deps, changes } = await createDeliveredFixture(state);

  await expect(retargetPlan(deps, FIXTURE_PLAN, request, ACTOR)).rejects.toMatchObject({ code });
  expect(changes).toEqual([]);
});
