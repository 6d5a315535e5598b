import type { Queue } from '../../core/port/queue.ts';
import type { Item, Key, Table } from '../../core/port/table.ts';
import { queueOf } from '../../core/topology/queues.ts';
import { readUnits, sizeOf, writeUnits } from './capacity.ts';

// Counts what goes through a table and a queue, by who asks.

export type Tally = {
  requests: number;
  readUnits: number;
  writeUnits: number;
  /** Calls of SendMessageBatch, and what they carried. */
  sends: number;
  messages: number;
};

const NOTHING: Tally = { requests: 0, readUnits: 0, writeUnits: 0, sends: 0, messages: 0 };
const BATCH = 10;

export class Meter {
  readonly byActor = new Map<string, Tally>();
  largest = { bytes: 0, key: '' };

  tally(actor: string): Tally {
    const known = this.byActor.get(actor);
    if (known !== undefined) return known;
    const made = { ...NOTHING };
    this.byActor.set(actor, made);
    return made;
  }

  total(except: readonly string[] = []): Tally {
    const sum = { ...NOTHING };
    for (const [actor, tally] of this.byActor) if (!except.includes(actor)) addTally(sum, tally, 1);
    return sum;
  }

  noteItem(item: Item | undefined): void {
    if (item === undefined) return;
    const bytes = sizeOf(item);
    if (bytes > this.largest.bytes) this.largest = { bytes, key: `${item.pk} ${item.sk}` };
  }
}

export function addTally(sum: Tally, tally: Tally, times: number): Tally {
  sum.requests += times * tally.requests;
  sum.readUnits += times * tally.readUnits;
  sum.writeUnits += times * tally.writeUnits;
  sum.sends += times * tally.sends;
  sum.messages += times * tally.messages;
  return sum;
}

/**
 * `table` must be the one in memory: its operations take effect at the call, so that what was there before and after can be
 * read around a write without anybody between.
 */
export function meteredTable(table: Table, meter: Meter, actor: string): Table {
  const tally = meter.tally(actor);
  const read = (bytes: number, consistent: boolean): void => {
    tally.requests += 1;
    tally.readUnits += readUnits(bytes, consistent);
  };
  const write = async <T>(key: Key, act: () => Promise<T>): Promise<T> => {
    const was = table.get(key);
    const answer = act();
    const is = table.get(key);
    const [before, after] = await Promise.all([was, is]);
    tally.requests += 1;
    tally.writeUnits += writeUnits(before, after);
    meter.noteItem(after);
    return answer;
  };
  return {
    get: async (key) => {
      const item = await table.get(key);
      read(sizeOf(item), true);
      return item;
    },
    put: (item, condition) => write(item, () => table.put(item, condition)),
    update: (key, change, condition) => write(key, () => table.update(key, change, condition)),
    delete: (key, condition) => write(key, () => table.delete(key, condition)),
    query: async (pk, options) => {
      const page = await table.query(pk, options);
      read(bytesOf(page.items), true);
      return page;
    },
    index: async (name, hash, options) => {
      const page = await table.index(name, hash, options);
      read(bytesOf(page.items), false);
      return page;
    },
  };
}

function bytesOf(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + sizeOf(item), 0);
}

export function meteredQueue(queue: Queue, meter: Meter, actor: string): Queue {
  const tally = meter.tally(actor);
  return {
    send: (messages) => {
      const byQueue = Map.groupBy(messages, ({ message }) => queueOf(message.type).name);
      for (const list of byQueue.values()) tally.sends += Math.ceil(list.length / BATCH);
      tally.messages += messages.length;
      return queue.send(messages);
    },
  };
}
