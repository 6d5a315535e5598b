import { setFlagsFromString } from 'node:v8';

// Virtual time. All waiting happens in this queue, and all pending microtasks run between two events, so that a run depends on its seed
// alone.

setFlagsFromString('--allow-natives-syntax');
/** Runs all pending microtasks at once. To await them in the real event loop after each event would dominate the cost of a seed. */
const drainMicrotasks = new Function('%PerformMicrotaskCheckpoint()') as () => void;

/** Action at a virtual time; `order` sorts actions at the same time. */
type ScheduledAction = { readonly at: number; readonly order: number; readonly action: () => void };

/** Queue of actions in virtual time. */
export class EventLoop {
  #now: number;
  #scheduledCount = 0;
  readonly #heap: ScheduledAction[] = [];
  /** Number of events that have run. */
  eventCount = 0;

  constructor(startMs: number) {
    this.#now = startMs;
  }

  /** Virtual time in whole epoch milliseconds. */
  get now(): number {
    return Math.floor(this.#now);
  }

  /** Schedules an action in `ms` milliseconds of virtual time. */
  schedule(ms: number, action: () => void): void {
    this.#push({ at: this.#now + Math.max(0, ms), order: this.#scheduledCount++, action });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }

  /**
   * Runs events until `isDone` returns true, no event is left, or the virtual time `deadline` (epoch milliseconds) is reached. Do not
   * call this method from a microtask: microtasks could then not run between the events.
   */
  runUntil(deadline: number, isDone: () => boolean): void {
    drainMicrotasks();
    while (!isDone()) {
      const first = this.#heap[0];
      if (first === undefined || first.at > deadline) return;
      const next = this.#pop();
      this.#now = next.at;
      this.eventCount += 1;
      next.action();
      drainMicrotasks();
    }
  }

  #push(scheduled: ScheduledAction): void {
    const heap = this.#heap;
    let index = heap.push(scheduled) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as ScheduledAction;
      if (!isBefore(scheduled, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = scheduled;
  }

  #pop(): ScheduledAction {
    const heap = this.#heap;
    const top = heap[0] as ScheduledAction;
    const last = heap.pop() as ScheduledAction;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as ScheduledAction, heap[child] as ScheduledAction)
      )
        child += 1;
      if (!isBefore(heap[child] as ScheduledAction, last)) break;
      heap[index] = heap[child] as ScheduledAction;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(a: ScheduledAction, b: ScheduledAction): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
