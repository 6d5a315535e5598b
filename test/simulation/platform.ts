import { AppError } from '../../core/base/app-error.ts';
import type { QueueMessage } from '../../core/contract/queue.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { resync } from '../../core/engine/resync/resync.ts';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import { runBatch } from '../../functions/edge.ts';
import { createScriptedLlm } from './actor/scripted-llm.ts';
import { recordInvocationFault } from './invocation.ts';
import type { World } from './world.ts';

// The handlers, as the functions call them, and the minute clock.

const TICK_MS = 60_000;

function dispatchMessage(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return runPlanning({ ...deps, llm: createScriptedLlm() }, message.plan);
    case 'schedule':
      return scheduleTasks(deps, message.tasks);
    default:
      return handleReconcileMessage(deps, message);
  }
}

export async function handleMessage(
  deps: EngineDeps,
  message: QueueMessage,
): Promise<'done' | 'retry'> {
  const record = {
    messageId: 'm',
    receiptHandle: 'r',
    body: JSON.stringify(message),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'a',
    awsRegion: 'x',
  };
  const { batchItemFailures } = await runBatch(
    { Records: [record] },
    (parsed) => dispatchMessage(deps, parsed),
    deps.log,
  );
  return batchItemFailures.length > 0 ? 'retry' : 'done';
}

export function startClock(world: World): void {
  const tick = (): void => {
    world.loop.schedule(TICK_MS, tick);
    if (world.isDown || world.faults.drawFault('tick_lost')) return;
    const nothing = (): void => {};
    world.startInvocation('reconcile', resync, {
      done: nothing,
      failed: nothing,
      crashed: nothing,
    });
  };
  world.loop.schedule(world.random.between(1_000, TICK_MS), tick);
}

/** What a client of the API meets: the answer, a refusal, or nothing in time. */
export function callApi<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
  caller: { readonly alive: boolean; readonly cutOffUntil: number },
): Promise<T> {
  const { loop, random, faults } = world;
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      loop.schedule(random.between(2, 30), () => caller.alive && end());
    };
    const lost = (): void =>
      settle(() => reject(new AppError('transient', 'no_answer', `${what} was not answered`)));
    loop.schedule(random.between(2, 30), () => {
      if (world.isDown || caller.cutOffUntil > loop.now) return loop.schedule(2_000, lost);
      const deaf = faults.drawFault('answer_lost');
      const invocation = world.startInvocation(what, act, {
        done: (value) => (deaf ? loop.schedule(3_000, lost) : settle(() => resolve(value))),
        failed: (error) => settle(() => reject(error)),
        crashed: () => loop.schedule(3_000, lost),
      });
      if (deaf) recordInvocationFault(world, invocation, 'answer_lost');
      loop.schedule(29_000, lost);
    });
  });
}
