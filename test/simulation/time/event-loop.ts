import { setFlagsFromString } from 'node:v8';

// Virtual time. All waiting happens in this queue, and all runnable promise jobs finish between two events, so that a run
// depends on its seed alone.

setFlagsFromString('--allow-natives-syntax');
/** Runs all microtasks at once, because a turn of the real event loop per event would be most of the cost of a seed. */
const drainMicrotasks = new Function('%PerformMicrotaskCheckpoint()') as () => void;

type ScheduledAction = { readonly at: number; readonly order: number; readonly action: () => void };

/** Queue of actions in virtual time. */
export class EventLoop {
  #now: number;
  #order = 0;
  readonly #heap: ScheduledAction[] = [];
  /** Number of events that have run. */
  events = 0;

  constructor(start: number) {
    this.#now = start;
  }

  /** Virtual time in whole epoch milliseconds. */
  get now(): number {
    return Math.floor(this.#now);
  }

  schedule(ms: number, action: () => void): void {
    this.#push({ at: this.#now + Math.max(0, ms), order: this.#order++, action });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }

  /** Runs events until `until` holds or `limit` is reached. Must not be called from a promise job: no other job would run. */
  runUntil(limit: number, until: () => boolean): void {
    drainMicrotasks();
    while (!until()) {
      const first = this.#heap[0];
      if (first === undefined || first.at > limit) return;
      const next = this.#pop();
      this.#now = next.at;
      this.events += 1;
      next.action();
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
