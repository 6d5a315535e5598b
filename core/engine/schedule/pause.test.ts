import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
  planStateFixture,
} from '../../../test/support/engine-fixture.ts';
import { forgeFor, MODEL, recordPause } from '../../store/pause-store.ts';
import { schedule } from './schedule.ts';

const OTHER = 'else/shop';

/** A task `one` in a repository of acme, and a task `two` in one of else. */
async function twoOwners() {
  const fixture = createEngineFixture({
    launcher: {
      ensure: async ({ name, attemptId }) => ({
        name,
        attemptId,
        state: 'starting',
        startedAt: 1,
        uid: '1',
      }),
    },
  });
  const [repository] = planStateFixture().repositories;
  if (repository === undefined) throw new Error('the fixture has no repository');
  await fixture.putPlan({ repositories: [repository, { ...repository, name: OTHER }] });
  await fixture.putTask();
  await fixture.putTask({ task: 'two', repo: OTHER, ordinal: 1 });
  const statuses = async () => [
    (await fixture.task('one')).state.status,
    (await fixture.task('two')).state.status,
  ];
  return { ...fixture, statuses };
}

const NUDGES = ['one', 'two'].map((task) => ({ plan: FIXTURE_PLAN, run: 1, task }));

test("a forge that refuses for one owner holds up nobody else's work", async () => {
  const { deps, table, statuses } = await twoOwners();
  const until = deps.clock.now() + 60_000;
  await recordPause(table, { what: forgeFor('local', FIXTURE_REPO), until, reason: '429' });

  await schedule(deps, NUDGES);

  expect(await statuses()).toEqual(['ready', 'claimed']);
});

test('a model that refuses holds up all but verification', async () => {
  const { deps, table, statuses, putTask, task } = await twoOwners();
  await putTask({ task: 'three', ordinal: 2, status: 'pr_open', wants: 'verify' });
  await recordPause(table, { what: MODEL, until: deps.clock.now() + 60_000, reason: '429' });

  await schedule(deps, [...NUDGES, { plan: FIXTURE_PLAN, run: 1, task: 'three' }]);

  expect(await statuses()).toEqual(['ready', 'ready']);
  expect((await task('three')).state.current).toMatchObject({ kind: 'verify' });
});

test('who is held back is looked at again when the pause is over, and not when another one is', async () => {
  const { deps, table } = await twoOwners();
  const now = deps.clock.now();
  const delays: (number | undefined)[] = [];
  deps.queue.send = async (messages) => {
    for (const { message, delaySeconds } of messages)
      if (message.type === 'schedule') delays.push(delaySeconds);
  };
  await recordPause(table, {
    what: forgeFor('local', FIXTURE_REPO),
    until: now + 20_000,
    reason: '429',
  });
  await recordPause(table, { what: 'forge github:acme', until: now + 600_000, reason: '429' });

  await schedule(deps, NUDGES);

  expect(delays).toEqual([20]);
});
