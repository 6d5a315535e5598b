import { setFlagsFromString } from 'node:v8';

// Virtual time. Whatever waits does so in this queue; between two events every promise that can go on has gone on, so a
// run depends on its seed alone.

setFlagsFromString('--allow-natives-syntax');
/** Runs all microtasks at once; one turn of the real event loop for each event would be most of a seed's cost. */
const drainMicrotasks = new Function('%PerformMicrotaskCheckpoint()') as () => void;

type ScheduledAction = { readonly at: number; readonly order: number; readonly act: () => void };

export class EventLoop {
  #now: number;
  #order = 0;
  readonly #heap: ScheduledAction[] = [];
  events = 0;

  constructor(start: number) {
    this.#now = start;
  }

  /** Epoch milliseconds, whole. */
  get now(): number {
    return Math.floor(this.#now);
  }

  schedule(ms: number, act: () => void): void {
    this.#push({ at: this.#now + Math.max(0, ms), order: this.#order++, act });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }

  /** Must not be called from a promise: those would wait for the end of it. Stops when `until` says so, or at `limit`. */
  runUntil(limit: number, until: () => boolean): void {
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

  #push(entry: ScheduledAction): void {
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as ScheduledAction;
      if (!isBefore(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  #pop(): ScheduledAction {
    const heap = this.#heap;
    const top = heap[0] as ScheduledAction;
    const last = heap.pop() as ScheduledAction;
    if (heap.length === 0) return top;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as ScheduledAction, heap[child] as ScheduledAction)
      )
        child += 1;
      if (!isBefore(heap[child] as ScheduledAction, last)) break;
      heap[place] = heap[child] as ScheduledAction;
      place = child;
    }
    heap[place] = last;
    return top;
  }
}

function isBefore(a: ScheduledAction, b: ScheduledAction): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
