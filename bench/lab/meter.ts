import type { Queue } from '../../core/port/queue.ts';
import type { Item, Key, Table } from '../../core/port/table.ts';
import { requireQueueRow } from '../../core/topology/queues.ts';
import { computeReadUnits, computeWriteUnits, measureItemSize } from './capacity.ts';

// Counts what goes through a table and a queue, by who asks.

export type Tally = {
  requests: number;
  readUnits: number;
  writeUnits: number;
  /** Calls of SendMessageBatch, and what they carried. */
  sends: number;
  messages: number;
};

const EMPTY_TALLY: Tally = { requests: 0, readUnits: 0, writeUnits: 0, sends: 0, messages: 0 };
const MAX_BATCH_MESSAGES = 10;

export class Meter {
  readonly tallyByActor = new Map<string, Tally>();
  largestItem = { bytes: 0, key: '' };

  getTally(actor: string): Tally {
    const known = this.tallyByActor.get(actor);
    if (known !== undefined) return known;
    const made = { ...EMPTY_TALLY };
    this.tallyByActor.set(actor, made);
    return made;
  }

  sumTallies(except: readonly string[] = []): Tally {
    const sum = { ...EMPTY_TALLY };
    for (const [actor, tally] of this.tallyByActor)
      if (!except.includes(actor)) addTally(sum, tally, 1);
    return sum;
  }

  recordItemSize(item: Item | undefined): void {
    if (item === undefined) return;
    const bytes = measureItemSize(item);
    if (bytes > this.largestItem.bytes) this.largestItem = { bytes, key: `${item.pk} ${item.sk}` };
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
export function meterTable(table: Table, meter: Meter, actor: string): Table {
  const tally = meter.getTally(actor);
  const read = (bytes: number, consistent: boolean): void => {
    tally.requests += 1;
    tally.readUnits += computeReadUnits(bytes, consistent);
  };
  const write = async <T>(key: Key, act: () => Promise<T>): Promise<T> => {
    const was = table.get(key);
    const answer = act();
    const is = table.get(key);
    const [before, after] = await Promise.all([was, is]);
    tally.requests += 1;
    tally.writeUnits += computeWriteUnits(before, after);
    meter.recordItemSize(after);
    return answer;
  };
  return {
    get: async (key) => {
      const item = await table.get(key);
      read(measureItemSize(item), true);
      return item;
    },
    put: (item, condition) => write(item, () => table.put(item, condition)),
    update: (key, change, condition) => write(key, () => table.update(key, change, condition)),
    delete: (key, condition) => write(key, () => table.delete(key, condition)),
    query: async (pk, options) => {
      const page = await table.query(pk, options);
      read(sumItemSizes(page.items), true);
      return page;
    },
    index: async (name, hash, options) => {
      const page = await table.index(name, hash, options);
      read(sumItemSizes(page.items), false);
      return page;
    },
  };
}

function sumItemSizes(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + measureItemSize(item), 0);
}

export function meterQueue(queue: Queue, meter: Meter, actor: string): Queue {
  const tally = meter.getTally(actor);
  return {
    send: (messages) => {
      const byQueue = Map.groupBy(messages, ({ message }) => requireQueueRow(message.type).name);
      for (const list of byQueue.values())
        tally.sends += Math.ceil(list.length / MAX_BATCH_MESSAGES);
      tally.messages += messages.length;
      return queue.send(messages);
    },
  };
}
