import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPlanStateFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
  STARTING_LAUNCHER,
} from '../../../test/support/engine/engine-fixture.ts';
import { formatForgeSystem, MODEL_SYSTEM, recordPause } from '../../store/system-store.ts';
import { scheduleTasks } from './schedule-tasks.ts';

const OTHER_REPO = 'else/shop';

/** Creates task `one` in a repository of the owner acme and task `two` in a repository of another owner. */
async function createTwoOwners() {
  const fixture = createEngineFixture({ launcher: STARTING_LAUNCHER });
  const [repository] = createPlanStateFixture().repositories;
  if (repository === undefined) throw new Error('the fixture has no repository');
  await fixture.putPlan({ repositories: [repository, { ...repository, name: OTHER_REPO }] });
  await fixture.putTask();
  await fixture.putTask({ task: 'two', repo: OTHER_REPO, ordinal: 1 });
  const listStatuses = async () => [
    (await fixture.task('one')).state.status,
    (await fixture.task('two')).state.status,
  ];
  return { ...fixture, listStatuses };
}

const NAMED_TASKS = ['one', 'two'].map((task) => ({ plan: FIXTURE_PLAN, run: 1, task }));

test('a pause of a forge for one owner does not delay repositories of other owners', async () => {
  const { deps, table, listStatuses } = await createTwoOwners();
  const until = deps.clock.now() + 60_000;
  await recordPause(table, {
    system: formatForgeSystem('local', FIXTURE_REPO),
    until,
    reason: '429',
  });

  await scheduleTasks(deps, NAMED_TASKS);

  expect(await listStatuses()).toEqual(['ready', 'claimed']);
});

test('a pause of the model delays all attempts except verification', async () => {
  const { deps, table, listStatuses, putTask, task } = await createTwoOwners();
  await putTask({ task: 'three', ordinal: 2, status: 'pr_open', nextAttemptKind: 'verify' });
  await recordPause(table, {
    system: MODEL_SYSTEM,
    until: deps.clock.now() + 60_000,
    reason: '429',
  });

  await scheduleTasks(deps, [...NAMED_TASKS, { plan: FIXTURE_PLAN, run: 1, task: 'three' }]);

  expect(await listStatuses()).toEqual(['ready', 'ready']);
  expect((await task('three')).state.liveAttempt).toMatchObject({ kind: 'verify' });
});

test('schedules a delayed task again at the end of the pause that delays it', async () => {
  const { deps, table } = await createTwoOwners();
  const now = deps.clock.now();
  const delays: (number | undefined)[] = [];
  deps.queue.send = async (messages) => {
    for (const { message, delaySeconds } of messages)
      if (message.type === 'schedule') delays.push(delaySeconds);
  };
  await recordPause(table, {
    system: formatForgeSystem('local', FIXTURE_REPO),
    until: now + 20_000,
    reason: '429',
  });
  await recordPause(table, { system: 'forge github:acme', until: now + 600_000, reason: '429' });

  await scheduleTasks(deps, NAMED_TASKS);

  expect(delays).toEqual([20]);
});
