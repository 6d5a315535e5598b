import type { QueueMessage } from '../../../core/contract/queue.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Queue } from '../../../core/port/queue.ts';
import type { QueueRow } from '../../../core/topology/queues.ts';
import { QUEUES, requireQueueRow } from '../../../core/topology/queues.ts';
import type { FaultKind } from '../faults.ts';
import type { Invocation } from '../invocation.ts';
import { performEffect, recordInvocationFault } from '../invocation.ts';
import { handleMessage } from '../platform.ts';
import type { World } from '../world.ts';

// Queues that lose, double, delay and reorder; a message that is not done with comes back when its visibility time is over,
// though its handler may stand still and go on later, and ends among the dead letters.

type WaitingMessage = {
  readonly message: QueueMessage;
  readonly receives: number;
  readonly met: readonly FaultKind[];
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
    const { loop, faults, random } = this.#world;
    if (faults.drawFault('queue_drop')) return;
    const isDoubled = faults.drawFault('queue_double');
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy += 1) {
      const isLate = faults.drawFault('queue_late');
      const met: FaultKind[] = [];
      if (isDoubled) met.push('queue_double');
      if (isLate) met.push('queue_late');
      const late = isLate ? random.between(1_000, 120_000) : 0;
      loop.schedule(delayMs + late + random.between(2, 40), () =>
        this.#deliverMessage(requireQueueRow(message.type), { message, receives: 0, met }),
      );
    }
  }

  #deliverMessage(row: QueueRow, waiting: WaitingMessage): void {
    this.#waitingByQueue.get(row.name)?.push(waiting);
    this.#startNext(row);
  }

  #startNext(row: QueueRow): void {
    const world = this.#world;
    const waiting = this.#waitingByQueue.get(row.name) ?? [];
    while (waiting.length > 0 && (this.#runningByQueue.get(row.name) ?? 0) < row.concurrency) {
      if (world.isDown) {
        world.loop.schedule(world.downUntil - world.loop.now + 5, () => this.#startNext(row));
        return;
      }
      const one = waiting.shift();
      if (one !== undefined) this.#handleMessage(row, one);
    }
  }

  #handleMessage(row: QueueRow, one: WaitingMessage): void {
    const world = this.#world;
    this.#runningByQueue.set(row.name, (this.#runningByQueue.get(row.name) ?? 0) + 1);
    const receives = one.receives + 1;
    let isDone = false;
    world.loop.schedule(row.visibilitySeconds * 1_000, () => {
      if (!isDone) this.#requeueMessage(row, { ...one, receives });
    });
    const leave = (): void => {
      this.#runningByQueue.set(row.name, (this.#runningByQueue.get(row.name) ?? 1) - 1);
      this.#startNext(row);
    };
    const invocation = world.startInvocation(
      describeMessage(one.message),
      (deps: EngineDeps) => handleMessage(deps, one.message),
      {
        done: (outcome) => {
          isDone = outcome === 'done';
          leave();
        },
        failed: leave,
        crashed: leave,
      },
    );
    for (const fault of one.met) recordInvocationFault(world, invocation, fault);
  }

  /** Where nothing goes wrong, nothing is refused until it is given up. */
  #requeueMessage(row: QueueRow, one: WaitingMessage): void {
    const { judge, faults } = this.#world;
    if (one.receives < row.maxReceives) this.#deliverMessage(row, one);
    else if (faults.kinds.size === 0)
      judge.recordViolation(
        this.#world,
        `${describeMessage(one.message)} ends among the dead letters`,
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
      performEffect(world, invocation, { port: 'queue', what: 'send' }, () => {
        for (const { message, delaySeconds } of messages)
          world.queues.sendMessage(message, (delaySeconds ?? 0) * 1_000);
      }),
  };
}
