import { AppError } from '../../core/base/app-error.ts';
import type { QueueMessage } from '../../core/contract/queue-message.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { probeModel } from '../../core/engine/planning/probe-model.ts';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { resync } from '../../core/engine/resync/resync.ts';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import { putNotice } from '../../core/store/notice-store.ts';
import { runBatch } from '../../functions/edge.ts';
import { createRejectingLlm } from './actor/scripted-llm.ts';
import { addInvocationFault } from './invocation.ts';
import type { World } from './world.ts';

// Runs the handlers of the engine as the cloud functions do: for queue messages, for the tick of each minute and for API calls.

const TICK_MS = 60_000;

function dispatchMessage(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return runPlanning({ ...deps, llm: createRejectingLlm() }, message.plan);
    case 'model_probe':
      return probeModel({ ...deps, llm: createRejectingLlm() });
    case 'schedule':
      return scheduleTasks(deps, message.tasks);
    case 'notify':
      return putNotice(deps.table, message.notice);
    default:
      return handleReconcileMessage(deps, message);
  }
}

/** Handles a queue message; `retry`: the queue must deliver the message again. */
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

/** Starts the resync each minute. The trigger is lost under a fault or while the platform is down. */
export function startClock(world: World): void {
  const tick = (): void => {
    world.loop.schedule(TICK_MS, tick);
    if (world.isDown || world.faults.drawFault('resync_trigger_lost')) return;
    const ignoreEnd = (): void => {};
    world.startInvocation('resync', resync, {
      onDone: ignoreEnd,
      onError: ignoreEnd,
      onCrash: ignoreEnd,
    });
  };
  world.loop.schedule(world.random.between(1_000, TICK_MS), tick);
}

/**
 * Calls the API over a network as a client or bridge. Resolves with the result, or rejects with the error of the handler, or with
 * `no_answer` after a timeout. A caller that is no longer alive never receives a response.
 */
export function callApi<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
  caller: { readonly isAlive: boolean; readonly cutOffUntil: number },
): Promise<T> {
  const { loop, random, faults } = world;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const deliverOnce = (deliver: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      loop.schedule(random.between(2, 30), () => caller.isAlive && deliver());
    };
    const timeOut = (): void =>
      deliverOnce(() =>
        reject(new AppError('transient', 'no_answer', `the call "${callName}" was not answered`)),
      );
    loop.schedule(random.between(2, 30), () => {
      if (world.isDown || caller.cutOffUntil > loop.now) return loop.schedule(2_000, timeOut);
      const isResponseLost = faults.drawFault('response_lost');
      const invocation = world.startInvocation(callName, handle, {
        onDone: (value) =>
          isResponseLost ? loop.schedule(3_000, timeOut) : deliverOnce(() => resolve(value)),
        onError: (error) => deliverOnce(() => reject(error)),
        onCrash: () => loop.schedule(3_000, timeOut),
      });
      if (isResponseLost) addInvocationFault(world, invocation, 'response_lost');
      loop.schedule(29_000, timeOut);
    });
  });
}
