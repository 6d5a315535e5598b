import type { QueueMessage } from '../../../core/contract/queue-message.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Queue } from '../../../core/port/queue.ts';
import type { QueueDefinition } from '../../../core/topology/queues.ts';
import { QUEUES, requireQueueDefinition } from '../../../core/topology/queues.ts';
import type { FaultKind } from '../faults.ts';
import type { Invocation } from '../invocation.ts';
import { performEffect, recordInvocationFault } from '../invocation.ts';
import { handleMessage } from '../platform.ts';
import type { World } from '../world.ts';

// Queues that lose, duplicate, delay and reorder messages. An unfinished message returns after its visibility timeout, even
// while its handler is frozen and may continue later. After its last receive, the message becomes a dead letter.

type WaitingMessage = {
  readonly message: QueueMessage;
  readonly receives: number;
  readonly faults: readonly FaultKind[];
};

export class SimQueues {
  readonly #world: World;
  readonly #waitingByQueue = new Map<string, WaitingMessage[]>(QUEUES.map((row) => [row.name, []]));
  readonly #runningByQueue = new Map<string, number>(QUEUES.map((row) => [row.name, 0]));

  constructor(world: World) {
    this.#world = world;
  }

  sendMessage(message: QueueMessage, delayMs: number): void {
    if (message.type === 'push') return;
    const { loop, faults, judge, random } = this.#world;
    if (message.type === 'notify') judge.notices.recordSent(this.#world, message.notice);
    // A queue keeps a notice that it took. All other messages are hints, which may be lost.
    else if (faults.drawFault('queue_drop')) return;
    const isDoubled = faults.drawFault('queue_double');
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy += 1) {
      const isLate = faults.drawFault('queue_late');
      const messageFaults: FaultKind[] = [];
      if (isDoubled) messageFaults.push('queue_double');
      if (isLate) messageFaults.push('queue_late');
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

  #deliverMessage(row: QueueDefinition, waiting: WaitingMessage): void {
    this.#waitingByQueue.get(row.name)?.push(waiting);
    this.#startNext(row);
  }

  #startNext(row: QueueDefinition): void {
    const world = this.#world;
    const waiting = this.#waitingByQueue.get(row.name) ?? [];
    while (waiting.length > 0 && (this.#runningByQueue.get(row.name) ?? 0) < row.concurrency) {
      if (world.isDown) {
        world.loop.schedule(world.downUntil - world.loop.now + 5, () => this.#startNext(row));
        return;
      }
      const delivery = waiting.shift();
      if (delivery !== undefined) this.#handleMessage(row, delivery);
    }
  }

  #handleMessage(row: QueueDefinition, delivery: WaitingMessage): void {
    const world = this.#world;
    this.#runningByQueue.set(row.name, (this.#runningByQueue.get(row.name) ?? 0) + 1);
    const receives = delivery.receives + 1;
    let isDone = false;
    world.loop.schedule(row.visibilitySeconds * 1_000, () => {
      if (!isDone) this.#requeueMessage(row, { ...delivery, receives });
    });
    const freePlace = (): void => {
      this.#runningByQueue.set(row.name, (this.#runningByQueue.get(row.name) ?? 1) - 1);
      this.#startNext(row);
    };
    const invocation = world.startInvocation(
      describeMessage(delivery.message),
      (deps: EngineDeps) => handleMessage(deps, delivery.message),
      {
        onDone: (outcome) => {
          isDone = outcome === 'done';
          freePlace();
        },
        onError: freePlace,
        onCrash: freePlace,
      },
    );
    for (const fault of delivery.faults) recordInvocationFault(world, invocation, fault);
  }

  /** Delivers an unfinished message again, up to its last receive. A healthy seed must have no dead letters. */
  #requeueMessage(row: QueueDefinition, delivery: WaitingMessage): void {
    const { judge, faults } = this.#world;
    if (delivery.receives < row.maxReceives) this.#deliverMessage(row, delivery);
    else if (faults.kinds.size === 0)
      judge.recordViolation(
        this.#world,
        `${describeMessage(delivery.message)} became a dead letter in a seed without faults`,
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
