import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { pollForges } from './poll-forges.ts';

/** Creates plans with one repository each, at a forge with the given response time. */
async function createRepositories(count: number, answerMs: number) {
  const asked: string[] = [];
  const fixture = createEngineFixture({
    forge: {
      listPullsChangedSince: async (repo) => {
        asked.push(repo);
        fixture.advance(answerMs);
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
  return { ...fixture, asked };
}

test('polls every repository in turn within the time limit, however slow the forge is', async () => {
  const { deps, asked } = await createRepositories(40, 3_000);

  for (let minute = 0; minute < 4; minute += 1) {
    const began = deps.clock.now();
    await pollForges(deps);
    expect(deps.clock.now() - began).toBeLessThan(45_000);
  }

  expect(asked.length).toBeLessThan(80);
  expect(new Set(asked).size).toBe(40);
});

test('polls the repositories of all open plans', async () => {
  const { deps, asked } = await createRepositories(1_100, 0);

  await pollForges(deps);

  expect(new Set(asked).size).toBe(1_100);
});
