import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createWorkingTask,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import type { Key } from '../../port/table.ts';
import { openAttempt } from '../../store/task-detail-store.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { listMessages } from '../command/task-commands.ts';
import { recordHeartbeat } from './attempt-callbacks.ts';
import { sendMessage } from './attempt-messages.ts';

const ACTOR = 'ada@example.com';
const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };
const QUESTION = { id: 'q-1', text: 'Which?', options: [], default: 'any', timeoutAt: 2e12 };
const HEARTBEAT = { phase: 'agent', activity: '', usage: NO_USAGE, progressAt: 1, messagesSeen: 0 };

async function createWaitingFixture(options: Parameters<typeof createEngineFixture>[0] = {}) {
  const fixture = createEngineFixture(options);
  await fixture.putPlan();
  const { liveAttempt, ...task } = createWorkingTask(1);
  await fixture.putTask({
    ...task,
    status: 'awaiting_input',
    question: QUESTION,
    ...(liveAttempt && { liveAttempt: { ...liveAttempt, phase: 'awaiting_input' } }),
  });
  const send = (text: string, key?: string) =>
    sendMessage(fixture.deps, FIXTURE_PLAN, 'one', { text, key }, ACTOR);
  const list = async () =>
    (await listMessages(fixture.deps, FIXTURE_PLAN, 'one')).map(({ n, text }) => [n, text]);
  return { ...fixture, send, list };
}

test('stores a repeated message with the same key once, even after other messages', async () => {
  const { send, list } = await createWaitingFixture();

  const first = await send('use b', 'k1');
  await send('and hurry', 'k2');
  const repeated = await send('use b', 'k1');

  expect(repeated).toEqual(first);
  expect(await list()).toEqual([
    [1, 'use b'],
    [2, 'and hurry'],
  ]);
  await expect(send('use c', 'k1')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
});

test('stores equal messages without a key twice', async () => {
  const { send, list } = await createWaitingFixture();

  await send('go on');
  await send('go on');

  expect(await list()).toHaveLength(2);
});

test('does not duplicate a message whose write succeeded but was reported as failed', async () => {
  const { deps, list } = await createWaitingFixture();
  const tableWithFailedPuts = {
    ...deps.table,
    put: async (...put: Parameters<typeof deps.table.put>) => {
      await deps.table.put(...put);
      return !put[0].sk.startsWith('M#');
    },
  };

  await sendMessage(
    { ...deps, table: tableWithFailedPuts },
    FIXTURE_PLAN,
    'one',
    { text: 'use b' },
    ACTOR,
  );

  expect(await list()).toEqual([[1, 'use b']]);
});

test('delivers a message that was stored before a crash, and closes the answered question', async () => {
  const isMessageCountUpdate = (operation: string, key: Key) =>
    operation === 'update' && key.sk === 'STATE';
  let shouldCrash = true;
  const { deps, send, task } = await createWaitingFixture({
    table: {
      beforeEffect: (operation, key) => {
        if (shouldCrash && isMessageCountUpdate(operation, key)) throw new Error('crash');
      },
    },
  });
  await expect(send('use b', 'k1')).rejects.toThrow('crash');
  shouldCrash = false;
  expect((await task()).messageCount).toBe(0);

  const response = await recordHeartbeat(deps, KEY, { ...HEARTBEAT, phase: 'agent' });

  expect(response.messages).toMatchObject([{ n: 1, text: 'use b', answers: 'q-1' }]);
  expect(await task()).toMatchObject({
    messageCount: 1,
    state: { status: 'working', answeredQuestion: 'q-1' },
  });
});

test('the stored number of delivered messages never decreases', async () => {
  const { deps, table } = await createWaitingFixture();
  await openAttempt(table, KEY, {
    ...HEARTBEAT,
    phase: 'agent',
    startedAt: 1,
    heartbeatAt: 1,
    leaseUntil: 1,
    messagesSeen: 4,
  });

  await recordHeartbeat(deps, KEY, { ...HEARTBEAT, phase: 'agent', messagesSeen: 2 });

  const record = table.listAll().find((item) => item.sk.startsWith('A#'));
  expect(JSON.parse(String(record?.doc))).toMatchObject({ messagesSeen: 4 });
});

test('closes the open question when the bridge reports that question as answered', async () => {
  const { deps, task } = await createWaitingFixture();

  await recordHeartbeat(deps, KEY, { ...HEARTBEAT, phase: 'agent', answered: 'q-0' });
  expect((await task()).state.status).toBe('awaiting_input');
  await recordHeartbeat(deps, KEY, { ...HEARTBEAT, phase: 'agent', answered: 'q-1' });

  expect((await task()).state).toMatchObject({ status: 'working', answeredQuestion: 'q-1' });
});
