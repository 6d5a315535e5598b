import type { Queue } from '../../core/port/queue.ts';
import type { Item, Key, Table } from '../../core/port/table.ts';
import { requireQueueDefinition } from '../../core/topology/queues.ts';
import { computeReadUnits, computeWriteUnits, measureItemSize } from './capacity.ts';

/** Usage of table and queues. */
export type Tally = {
  /** Calls of the table. */
  requests: number;
  readUnits: number;
  writeUnits: number;
  /** Calls of SendMessageBatch. */
  sends: number;
  /** Messages of all sends. */
  messages: number;
};

const EMPTY_TALLY: Tally = { requests: 0, readUnits: 0, writeUnits: 0, sends: 0, messages: 0 };
const MAX_BATCH_MESSAGES = 10;

/** Counts the usage of table and queues for each actor, and records the largest written item. */
export class Meter {
  readonly tallyByActor = new Map<string, Tally>();
  largestItem = { bytes: 0, key: '' };

  getTally(actor: string): Tally {
    const existing = this.tallyByActor.get(actor);
    if (existing !== undefined) return existing;
    const tally = { ...EMPTY_TALLY };
    this.tallyByActor.set(actor, tally);
    return tally;
  }

  sumTallies(excludedActors: readonly string[] = []): Tally {
    const sum = { ...EMPTY_TALLY };
    for (const [actor, tally] of this.tallyByActor)
      if (!excludedActors.includes(actor)) addTally(sum, tally);
    return sum;
  }

  recordItemSize(item: Item | undefined): void {
    if (item === undefined) return;
    const bytes = measureItemSize(item);
    if (bytes > this.largestItem.bytes) this.largestItem = { bytes, key: `${item.pk} ${item.sk}` };
  }
}

/** Adds a tally to `sum`, which is changed. */
export function addTally(sum: Tally, tally: Tally): void {
  sum.requests += tally.requests;
  sum.readUnits += tally.readUnits;
  sum.writeUnits += tally.writeUnits;
  sum.sends += tally.sends;
  sum.messages += tally.messages;
}

/**
 * Returns a table that counts its usage for `actor`. `table` must be the table in memory, whose operations take effect at the
 * call. A read that is called before a write therefore returns the old item, and a read that is called after the write returns
 * the new item, although none of the calls is awaited.
 */
export function meterTable(table: Table, meter: Meter, actor: string): Table {
  const tally = meter.getTally(actor);
  const countRead = (bytes: number, isConsistent: boolean): void => {
    tally.requests += 1;
    tally.readUnits += computeReadUnits(bytes, isConsistent);
  };
  const countWrite = async <T>(key: Key, write: () => Promise<T>): Promise<T> => {
    const reading = table.get(key);
    const answer = write();
    const [before, after] = await Promise.all([reading, table.get(key)]);
    tally.requests += 1;
    tally.writeUnits += computeWriteUnits(before, after);
    meter.recordItemSize(after);
    return answer;
  };
  return {
    get: async (key) => {
      const item = await table.get(key);
      countRead(measureItemSize(item), true);
      return item;
    },
    put: (item, condition) => countWrite(item, () => table.put(item, condition)),
    update: (key, change, condition) => countWrite(key, () => table.update(key, change, condition)),
    delete: (key, condition) => countWrite(key, () => table.delete(key, condition)),
    query: async (pk, options) => {
      const page = await table.query(pk, options);
      countRead(sumItemSizes(page.items), true);
      return page;
    },
    queryIndex: async (name, hash, options) => {
      const page = await table.queryIndex(name, hash, options);
      countRead(sumItemSizes(page.items), false);
      return page;
    },
  };
}

function sumItemSizes(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + measureItemSize(item), 0);
}

/** Returns a queue that counts its usage for `actor`. */
export function meterQueue(queue: Queue, meter: Meter, actor: string): Queue {
  const tally = meter.getTally(actor);
  return {
    send: (messages) => {
      const byQueue = Map.groupBy(
        messages,
        ({ message }) => requireQueueDefinition(message.type).name,
      );
      for (const queueMessages of byQueue.values())
        tally.sends += Math.ceil(queueMessages.length / MAX_BATCH_MESSAGES);
      tally.messages += messages.length;
      return queue.send(messages);
    },
  };
}
