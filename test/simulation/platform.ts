import type { QueueMessage } from '../../core/contract/queue.ts';
import type { EngineDeps } from '../../core/engine/deps.ts';
import { drive } from '../../core/engine/drive.ts';
import { planStep } from '../../core/engine/plan/planning.ts';
import { reconcile } from '../../core/engine/recovery/reconcile.ts';
import { schedule } from '../../core/engine/schedule/schedule.ts';
import { AppError } from '../../core/error.ts';
import { runBatch } from '../../functions/edge.ts';
import { scriptedLlm } from './actor/scripted-llm.ts';
import { meetFault } from './invocation.ts';
import type { World } from './world.ts';

// The handlers, as the functions call them, and the minute clock.

const TICK_MS = 60_000;

function handle(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return planStep({ ...deps, llm: scriptedLlm() }, message.plan);
    case 'schedule':
      return schedule(deps, message.tasks);
    default:
      return drive(deps, message);
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
    (parsed) => handle(deps, parsed),
    deps.log,
  );
  return batchItemFailures.length > 0 ? 'retry' : 'done';
}

export function startClock(world: World): void {
  const tick = (): void => {
    world.loop.after(TICK_MS, tick);
    if (world.isDown || world.faults.happens('tick_lost')) return;
    const nothing = (): void => {};
    world.start('reconcile', reconcile, { done: nothing, failed: nothing, crashed: nothing });
  };
  world.loop.after(world.random.between(1_000, TICK_MS), tick);
}

/** What a client of the API meets: the answer, a refusal, or nothing in time. */
export function callApi<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
  caller: { alive: boolean; cutOffUntil: number },
): Promise<T> {
  const { loop, random, faults } = world;
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      loop.after(random.between(2, 30), () => caller.alive && end());
    };
    const lost = (): void =>
      settle(() => reject(new AppError('transient', 'no_answer', `${what} was not answered`)));
    loop.after(random.between(2, 30), () => {
      if (world.isDown || caller.cutOffUntil > loop.now) return loop.after(2_000, lost);
      const deaf = faults.happens('answer_lost');
      const invocation = world.start(what, act, {
        done: (value) => (deaf ? loop.after(3_000, lost) : settle(() => resolve(value))),
        failed: (error) => settle(() => reject(error)),
        crashed: () => loop.after(3_000, lost),
      });
      if (deaf) meetFault(world, invocation, 'answer_lost');
      loop.after(29_000, lost);
    });
  });
}
