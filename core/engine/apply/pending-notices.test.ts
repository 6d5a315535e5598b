import { describe, expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import type { QueueMessage } from '../../contract/queue-message.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { postponeTask } from '../../store/task-store.ts';
import { reconcilePlan } from '../plan/reconcile-plan.ts';
import { reconcileTask } from '../task/reconcile-task.ts';
import { applyPlan, applyTask } from './apply-transition.ts';

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one' };
const REFUSED = { type: 'forge_refused', reason: 'no merges on Fridays' } as const;

/** Creates a task in review and a list of all writes. While `queue.isDown` is true, the queue rejects all messages. */
async function createNoticeFixture() {
  const writes: string[] = [];
  const fixture = createEngineFixture({
    table: {
      beforeEffect: (operation, key) => {
        if (operation === 'update' || operation === 'put') writes.push(key.sk);
      },
    },
  });
  const queue = { isDown: false };
  const send = fixture.deps.queue.send;
  const deps = {
    ...fixture.deps,
    queue: {
      send: async (messages: Parameters<typeof send>[0]) => {
        if (queue.isDown) throw new Error('the queue is down');
        await send(messages);
      },
    },
  };
  await fixture.putPlan();
  await fixture.putTask({ status: 'in_review' });
  writes.length = 0;
  return { ...fixture, deps, queue, writes };
}

function listNotices(sent: readonly QueueMessage[]): string[] {
  return sent.flatMap((message) => (message.type === 'notify' ? [message.notice.id] : []));
}

test('a notice is enqueued with the transition and cleared by a second write', async () => {
  const { deps, sent, task, writes } = await createNoticeFixture();

  await applyTask(deps, KEY, REFUSED, { actor: 'forge' });

  expect(listNotices(sent)).toEqual([`${FIXTURE_PLAN}.r1.one.2.blocked`]);
  expect(await task()).toMatchObject({ version: 2, pendingNotices: [], dueAt: undefined });
  expect(writes).toEqual(['STATE', 'STATE']);
});

test('a transition without a notice takes one write', async () => {
  const { deps, task, writes } = await createNoticeFixture();

  await applyTask(deps, KEY, { type: 'approved' }, { actor: 'ann@example.com' });

  expect((await task()).state.status).toBe('merging');
  expect(writes).toEqual(['STATE']);
});

describe('a notice that could not be enqueued', () => {
  test('keeps the task due until the next reconcile, even if the task is postponed meanwhile', async () => {
    const { deps, sent, task, queue } = await createNoticeFixture();
    queue.isDown = true;
    await applyTask(deps, KEY, REFUSED, { actor: 'forge' });
    const taskWithNotice = await task();
    await postponeTask(deps.table, taskWithNotice, deps.clock.now() + 900_000);

    expect(taskWithNotice.pendingNotices).toHaveLength(1);
    expect((await task()).dueAt).toBe(deps.clock.now());
    queue.isDown = false;
    await reconcileTask(deps, KEY);

    expect(listNotices(sent)).toEqual([`${FIXTURE_PLAN}.r1.one.2.blocked`]);
    expect(await task()).toMatchObject({ pendingNotices: [], dueAt: undefined });
  });

  test('is carried over by the next transition, with the same id', async () => {
    const { deps, sent, task, queue } = await createNoticeFixture();
    queue.isDown = true;
    await applyTask(deps, KEY, REFUSED, { actor: 'forge' });
    queue.isDown = false;

    await applyTask(deps, KEY, { type: 'cancel', reason: 'enough' }, { actor: 'ann@example.com' });

    expect(listNotices(sent)).toEqual([`${FIXTURE_PLAN}.r1.one.2.blocked`]);
    expect(await task()).toMatchObject({ version: 3, pendingNotices: [] });
  });

  test('keeps the plan due until the next reconcile', async () => {
    const { deps, sent, table, queue } = await createNoticeFixture();
    await applyPlan(deps, FIXTURE_PLAN, { type: 'halt_suspected' }, { actor: 'engine' });
    const suspectedAt = deps.clock.now();
    queue.isDown = true;
    await applyPlan(deps, FIXTURE_PLAN, { type: 'halted', suspectedAt }, { actor: 'engine' });

    expect(await loadPlan(table, FIXTURE_PLAN)).toMatchObject({
      dueAt: deps.clock.now(),
      pendingNotices: [{ kind: 'halted' }],
    });
    queue.isDown = false;
    await reconcilePlan(deps, FIXTURE_PLAN);

    expect(listNotices(sent)).toEqual([`${FIXTURE_PLAN}.3.halted`]);
    expect((await loadPlan(table, FIXTURE_PLAN))?.pendingNotices).toEqual([]);
  });
});
