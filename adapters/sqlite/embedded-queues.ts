import { EventEmitter, once } from 'node:events';
import type { StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { QueueSource, ReceivedMessage } from '../../core/port/queue.ts';
import type { QueueDefinition } from '../../core/topology/queues.ts';
import type { EmbeddedStore } from './open-store.ts';

// Queues in the embedded store, with the delivery rules of SQS: a received message becomes visible again after the visibility
// timeout, and a message that was delivered `maxReceives` times becomes a dead letter.

/** Longest wait of a receive call, milliseconds. */
const MAX_WAIT_MS = 20_000;

/** Message to add to a queue. */
export type NewMessage = {
  readonly queue: string;
  readonly body: string;
  readonly delaySeconds: number;
};

const rowSchema = z.object({
  id: z.number(),
  body: z.string(),
  receives: z.number(),
  sent_at: z.number(),
  received_at: z.number().nullable(),
});
const countSchema = z.object({ count: z.number() });
const visibilitySchema = z.object({ visible_at: z.number().nullable() });

/** All queues of an embedded store. Waiting receivers are woken by sends in this process, so only one process may use the queues. */
export class EmbeddedQueues {
  readonly #store: EmbeddedStore;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #selectNext: StatementSync;
  readonly #claim: StatementSync;
  readonly #bury: StatementSync;
  readonly #delete: StatementSync;
  readonly #countDead: StatementSync;
  /** Emits the name of a queue after a message was added to it. */
  readonly #additions = new EventEmitter();

  /** Makes the messages visible that were in flight when the previous process ended, because their receivers have ended too. */
  constructor(store: EmbeddedStore) {
    const { database } = store;
    this.#store = store;
    this.#additions.setMaxListeners(0);
    this.#insert = database.prepare(
      'insert into message (queue, body, visible_at, sent_at) values (?, ?, ?, ?)',
    );
    this.#select = database.prepare(
      `select id, body, receives, sent_at, received_at from message
       where queue = ? and is_dead = 0 and visible_at <= ? order by visible_at, id limit ?`,
    );
    this.#selectNext = database.prepare(
      'select min(visible_at) as visible_at from message where queue = ? and is_dead = 0',
    );
    this.#claim = database.prepare(
      `update message set receives = receives + 1, visible_at = ?, received_at = coalesce(received_at, ?) where id = ?`,
    );
    this.#bury = database.prepare('update message set is_dead = 1, visible_at = ? where id = ?');
    this.#delete = database.prepare('delete from message where id = ? and receives = ?');
    this.#countDead = database.prepare(
      'select count(*) as count from message where queue = ? and is_dead = 1',
    );
    database.exec('update message set visible_at = 0 where is_dead = 0 and receives > 0');
  }

  /** Adds messages; either all are durable or none. */
  async add(messages: readonly NewMessage[]): Promise<void> {
    const now = Date.now();
    await this.#store.commits.write(() => {
      for (const { queue, body, delaySeconds } of messages)
        this.#insert.run(queue, body, now + delaySeconds * 1_000, now);
    });
    for (const queue of new Set(messages.map((message) => message.queue)))
      this.#additions.emit(queue);
  }

  openSource(definition: QueueDefinition): QueueSource {
    return {
      receive: (maxMessages, signal) => this.#receive(definition, maxMessages, signal),
      delete: async (messages) => {
        await this.#store.commits.write(() => {
          for (const { id, receiveCount } of messages) this.#delete.run(Number(id), receiveCount);
        });
      },
    };
  }

  /** Counts the messages of a queue that were delivered too often. */
  countDeadLetters(queue: string): number {
    return countSchema.parse(this.#countDead.get(queue)).count;
  }

  async #receive(
    definition: QueueDefinition,
    maxMessages: number,
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[]> {
    const deadline = Date.now() + MAX_WAIT_MS;
    while (!signal.aborted && Date.now() < deadline) {
      const messages = await this.#claimVisible(definition, maxMessages);
      if (messages.length > 0) return messages;
      await this.#waitForMessage(definition.name, deadline, signal);
    }
    return [];
  }

  /** Claims visible messages. Messages that were delivered too often become dead letters and are not returned. */
  async #claimVisible(
    { name, visibilitySeconds, maxReceives }: QueueDefinition,
    maxMessages: number,
  ): Promise<ReceivedMessage[]> {
    const now = Date.now();
    const rows = this.#select.all(name, now, maxMessages).map((row) => rowSchema.parse(row));
    if (rows.length === 0) return [];
    const exhaustedRows = rows.filter((row) => row.receives >= maxReceives);
    const alive = rows.filter((row) => row.receives < maxReceives);
    await this.#store.commits.write(() => {
      for (const { id } of exhaustedRows) this.#bury.run(now, id);
      for (const { id } of alive) this.#claim.run(now + visibilitySeconds * 1_000, now, id);
    });
    return alive.map((row) => ({
      id: String(row.id),
      receipt: `${row.id}.${row.receives + 1}`,
      body: row.body,
      receiveCount: row.receives + 1,
      sentAt: row.sent_at,
      firstReceivedAt: row.received_at ?? now,
    }));
  }

  /** Waits until a message is added, the next message becomes visible, the deadline passes or the signal aborts. */
  async #waitForMessage(queue: string, deadline: number, signal: AbortSignal): Promise<void> {
    const next = visibilitySchema.parse(this.#selectNext.get(queue)).visible_at;
    const waitMs = Math.max(0, Math.min(next ?? deadline, deadline) - Date.now());
    const wake = new AbortController();
    const timer = setTimeout(() => wake.abort(), waitMs);
    const stop = AbortSignal.any([signal, wake.signal]);
    await once(this.#additions, queue, { signal: stop }).catch(() => undefined);
    clearTimeout(timer);
  }
}
