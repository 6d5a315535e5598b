import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { pollForges } from './poll-forges.ts';

/** Creates plans with a repository each; the forge takes `responseMs` for each answer. */
async function createPolledRepositories(count: number, responseMs: number) {
  const polled: string[] = [];
  const fixture = createEngineFixture({
    forge: {
      listPullsChangedSince: async (repo) => {
        polled.push(repo);
        fixture.advance(responseMs);
        return [];
      },
    },
  });
  const [repository] = createPlanStateFixture().repositories;
  if (repository === undefined) throw new Error('the fixture has no repository');
  for (let n = 0; n < count; n += 1) {
    const name = `acme/r${String(n).padStart(4, '0')}`;
    await fixture.putPlan({
      id: `${FIXTURE_PLAN}${n}`,
      createdAt: n + 1,
      repositories: [{ ...repository, name }],
    });
  }
  return { ...fixture, polled };
}

test('polls all repositories over several minutes within the time limit of each minute, even with a slow forge', async () => {
  const { deps, polled } = await createPolledRepositories(40, 3_000);

  for (let minute = 0; minute < 4; minute += 1) {
    const startedAt = deps.clock.now();
    await pollForges(deps);
    expect(deps.clock.now() - startedAt).toBeLessThan(45_000);
  }

  expect(polled.length).toBeLessThan(80);
  expect(new Set(polled).size).toBe(40);
});

test('polls the repositories of all open plans', async () => {
  const { deps, polled } = await createPolledRepositories(1_100, 0);

  await pollForges(deps);

  expect(new Set(polled).size).toBe(1_100);
});
