import type { QueueMessage } from '../../../core/contract/queue-message.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Queue } from '../../../core/port/queue.ts';
import type { QueueDefinition } from '../../../core/topology/queues.ts';
import { QUEUES, requireQueueDefinition } from '../../../core/topology/queues.ts';
import type { FaultKind } from '../faults.ts';
import type { Invocation } from '../invocation.ts';
import { addInvocationFault, performEffect } from '../invocation.ts';
import { handleMessage } from '../platform.ts';
import type { World } from '../world.ts';

// Queues that lose, duplicate, delay and reorder messages. If the handler has not finished within the visibility timeout, the message is
// delivered again, even though a frozen handler may continue later. After its last delivery the message becomes a dead letter.

/** Message that waits for a handler. `receives`: number of deliveries so far; `faults`: faults of this copy. */
type WaitingMessage = {
  readonly message: QueueMessage;
  readonly receives: number;
  readonly faults: readonly FaultKind[];
};

/** All queues of the platform. */
export class SimQueues {
  readonly #world: World;
  readonly #waitingByQueue = new Map<string, WaitingMessage[]>(
    QUEUES.map((queue) => [queue.name, []]),
  );
  readonly #runningByQueue = new Map<string, number>(QUEUES.map((queue) => [queue.name, 0]));

  constructor(world: World) {
    this.#world = world;
  }

  sendMessage(message: QueueMessage, delayMs: number): void {
    if (message.type === 'push') return;
    const { loop, faults, judge, random } = this.#world;
    if (message.type === 'notify') judge.notices.recordSent(this.#world, message.notice);
    // A queue never loses a notice. All other messages are wake-ups, without which the resync finds the work later.
    else if (faults.drawFault('message_lost')) return;
    const isDuplicated = faults.drawFault('message_duplicated');
    for (let copy = 0; copy < (isDuplicated ? 2 : 1); copy += 1) {
      const isLate = faults.drawFault('message_delayed');
      const messageFaults: FaultKind[] = [];
      if (isDuplicated) messageFaults.push('message_duplicated');
      if (isLate) messageFaults.push('message_delayed');
      const lateMs = isLate ? random.between(1_000, 120_000) : 0;
      loop.schedule(delayMs + lateMs + random.between(2, 40), () =>
        this.#deliverMessage(requireQueueDefinition(message.type), {
          message,
          receives: 0,
          faults: messageFaults,
        }),
      );
    }
  }

  #deliverMessage(queue: QueueDefinition, waiting: WaitingMessage): void {
    this.#waitingByQueue.get(queue.name)?.push(waiting);
    this.#startNext(queue);
  }

  #startNext(queue: QueueDefinition): void {
    const world = this.#world;
    const waiting = this.#waitingByQueue.get(queue.name) ?? [];
    while (waiting.length > 0 && (this.#runningByQueue.get(queue.name) ?? 0) < queue.concurrency) {
      if (world.isDown) {
        world.loop.schedule(world.downUntil - world.loop.now + 5, () => this.#startNext(queue));
        return;
      }
      const delivery = waiting.shift();
      if (delivery !== undefined) this.#handleMessage(queue, delivery);
    }
  }

  #handleMessage(queue: QueueDefinition, delivery: WaitingMessage): void {
    const world = this.#world;
    this.#runningByQueue.set(queue.name, (this.#runningByQueue.get(queue.name) ?? 0) + 1);
    const receives = delivery.receives + 1;
    let isDone = false;
    world.loop.schedule(queue.visibilitySeconds * 1_000, () => {
      if (!isDone) this.#requeueMessage(queue, { ...delivery, receives });
    });
    const endRun = (): void => {
      this.#runningByQueue.set(queue.name, (this.#runningByQueue.get(queue.name) ?? 1) - 1);
      this.#startNext(queue);
    };
    const invocation = world.startInvocation(
      describeMessage(delivery.message),
      (deps: EngineDeps) => handleMessage(deps, delivery.message),
      {
        onDone: (outcome) => {
          isDone = outcome === 'done';
          endRun();
        },
        onError: endRun,
        onCrash: endRun,
      },
    );
    for (const fault of delivery.faults) addInvocationFault(world, invocation, fault);
  }

  /** Delivers an unfinished message again, until its last delivery. A seed without faults must have no dead letters. */
  #requeueMessage(queue: QueueDefinition, delivery: WaitingMessage): void {
    const { judge, faults } = this.#world;
    if (delivery.receives < queue.maxReceives) this.#deliverMessage(queue, delivery);
    else if (faults.enabledKinds.size === 0)
      judge.recordViolation(
        this.#world,
        `the message "${describeMessage(delivery.message)}" became a dead letter in a seed without faults`,
      );
  }
}

export function describeMessage(message: QueueMessage): string {
  if ('task' in message) return `${message.type} ${message.task}`;
  if (message.type === 'forge_changed') return `forge_changed #${message.pull ?? ''}`;
  return message.type;
}

export function createQueuePort(world: World, invocation: Invocation): Queue {
  return {
    send: (messages) =>
      performEffect(world, invocation, { port: 'queue', operation: 'send' }, () => {
        for (const { message, delaySeconds } of messages)
          world.queues.sendMessage(message, (delaySeconds ?? 0) * 1_000);
      }),
  };
}
