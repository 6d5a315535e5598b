import { AppError } from '../../core/base/app-error.ts';
import type { QueueMessage } from '../../core/contract/queue-message.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { resync } from '../../core/engine/resync/resync.ts';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import { putNotice } from '../../core/store/notice-store.ts';
import { runBatch } from '../../functions/edge.ts';
import { createScriptedLlm } from './actor/scripted-llm.ts';
import { recordInvocationFault } from './invocation.ts';
import type { World } from './world.ts';

// Runs the handlers as the cloud functions do: queue messages, the minute tick and API calls.

const TICK_MS = 60_000;

function dispatchMessage(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return runPlanning({ ...deps, llm: createScriptedLlm() }, message.plan);
    case 'schedule':
      return scheduleTasks(deps, message.tasks);
    case 'notify':
      return putNotice(deps.table, message.notice);
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
    const ignore = (): void => {};
    world.startInvocation('reconcile', resync, {
      onDone: ignore,
      onError: ignore,
      onCrash: ignore,
    });
  };
  world.loop.schedule(world.random.between(1_000, TICK_MS), tick);
}

/** Calls the API as a client: answers with the result, a refusal, or `no_answer` after a timeout. */
export function callApi<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
  caller: { readonly alive: boolean; readonly cutOffUntil: number },
): Promise<T> {
  const { loop, random, faults } = world;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (deliver: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      loop.schedule(random.between(2, 30), () => caller.alive && deliver());
    };
    const timeOut = (): void =>
      settle(() => reject(new AppError('transient', 'no_answer', `${callName} was not answered`)));
    loop.schedule(random.between(2, 30), () => {
      if (world.isDown || caller.cutOffUntil > loop.now) return loop.schedule(2_000, timeOut);
      const isAnswerLost = faults.drawFault('answer_lost');
      const invocation = world.startInvocation(callName, handle, {
        onDone: (value) =>
          isAnswerLost ? loop.schedule(3_000, timeOut) : settle(() => resolve(value)),
        onError: (error) => settle(() => reject(error)),
        onCrash: () => loop.schedule(3_000, timeOut),
      });
      if (isAnswerLost) recordInvocationFault(world, invocation, 'answer_lost');
      loop.schedule(29_000, timeOut);
    });
  });
}
