import { setFlagsFromString } from 'node:v8';

// Virtual time. Whatever waits does so in this queue; between two events every promise that can go on has gone on, so a
// run depends on its seed alone.

setFlagsFromString('--allow-natives-syntax');
/** Runs all microtasks at once; one turn of the real event loop for each event would be most of a seed's cost. */
const drainMicrotasks = new Function('%PerformMicrotaskCheckpoint()') as () => void;

type Entry = { at: number; order: number; act: () => void };

export class EventLoop {
  #now: number;
  #order = 0;
  #heap: Entry[] = [];
  events = 0;

  constructor(start: number) {
    this.#now = start;
  }

  /** Epoch milliseconds, whole. */
  get now(): number {
    return Math.floor(this.#now);
  }

  after(ms: number, act: () => void): void {
    this.#push({ at: this.#now + Math.max(0, ms), order: this.#order++, act });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Must not be called from a promise: those would wait for the end of it. Stops when `until` says so, or at `limit`. */
  run(limit: number, until: () => boolean): void {
    drainMicrotasks();
    while (!until()) {
      const first = this.#heap[0];
      if (first === undefined || first.at > limit) return;
      const next = this.#pop();
      this.#now = next.at;
      this.events += 1;
      next.act();
      drainMicrotasks();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return top;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry))
        child += 1;
      if (!before(heap[child] as Entry, last)) break;
      heap[place] = heap[child] as Entry;
      place = child;
    }
    heap[place] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
