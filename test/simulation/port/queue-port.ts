import type { QueueMessage } from '../../../core/contract/queue.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import type { Queue } from '../../../core/port/queue.ts';
import { QUEUES, type QueueRow, queueOf } from '../../../core/topology/queues.ts';
import type { FaultKind } from '../faults.ts';
import { effect, type Invocation, meetFault } from '../invocation.ts';
import { handleMessage } from '../platform.ts';
import type { World } from '../world.ts';

// Queues that lose, double, delay and reorder; a message that is not done with comes back when its visibility time is over,
// though its handler may stand still and go on later, and ends among the dead letters.

type Waiting = { message: QueueMessage; receives: number; met: readonly FaultKind[] };

export class SimQueues {
  readonly #world: World;
  readonly #waiting = new Map<string, Waiting[]>(QUEUES.map((row) => [row.name, []]));
  readonly #running = new Map<string, number>(QUEUES.map((row) => [row.name, 0]));

  constructor(world: World) {
    this.#world = world;
  }

  send(message: QueueMessage, delayMs: number): void {
    if (message.type === 'push') return;
    const { loop, faults, random } = this.#world;
    if (faults.happens('queue_drop')) return;
    const isDoubled = faults.happens('queue_double');
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy += 1) {
      const isLate = faults.happens('queue_late');
      const met: FaultKind[] = [];
      if (isDoubled) met.push('queue_double');
      if (isLate) met.push('queue_late');
      const late = isLate ? random.between(1_000, 120_000) : 0;
      loop.after(delayMs + late + random.between(2, 40), () =>
        this.#deliver(queueOf(message.type), { message, receives: 0, met }),
      );
    }
  }

  #deliver(row: QueueRow, waiting: Waiting): void {
    this.#waiting.get(row.name)?.push(waiting);
    this.#next(row);
  }

  #next(row: QueueRow): void {
    const world = this.#world;
    const waiting = this.#waiting.get(row.name) ?? [];
    while (waiting.length > 0 && (this.#running.get(row.name) ?? 0) < row.concurrency) {
      if (world.isDown) {
        world.loop.after(world.downUntil - world.loop.now + 5, () => this.#next(row));
        return;
      }
      const one = waiting.shift();
      if (one !== undefined) this.#handle(row, one);
    }
  }

  #handle(row: QueueRow, one: Waiting): void {
    const world = this.#world;
    this.#running.set(row.name, (this.#running.get(row.name) ?? 0) + 1);
    const receives = one.receives + 1;
    let isDone = false;
    world.loop.after(row.visibilitySeconds * 1_000, () => {
      if (!isDone) this.#comeBack(row, { ...one, receives });
    });
    const leave = (): void => {
      this.#running.set(row.name, (this.#running.get(row.name) ?? 1) - 1);
      this.#next(row);
    };
    const invocation = world.start(
      describe(one.message),
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
    for (const fault of one.met) meetFault(world, invocation, fault);
  }

  /** Where nothing goes wrong, nothing is refused until it is given up. */
  #comeBack(row: QueueRow, one: Waiting): void {
    const { judge, faults } = this.#world;
    if (one.receives < row.maxReceives) this.#deliver(row, one);
    else if (faults.kinds.size === 0)
      judge.fail(this.#world, `${describe(one.message)} ends among the dead letters`);
  }
}

export function describe(message: QueueMessage): string {
  if ('task' in message) return `${message.type} ${message.task}`;
  if (message.type === 'forge_changed') return `forge_changed #${message.pull ?? ''}`;
  return message.type;
}

export function queuePort(world: World, invocation: Invocation): Queue {
  return {
    send: (messages) =>
      effect(world, invocation, { port: 'queue', what: 'send' }, () => {
        for (const { message, delaySeconds } of messages)
          world.queues.send(message, (delaySeconds ?? 0) * 1_000);
      }),
  };
}
