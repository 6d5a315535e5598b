/** A binary heap of numbers. */
export type Heap = {
  /** The heap in array form: the children of index n are at 2n + 1 and 2n + 2. */
  readonly items: number[];
  /** Tells whether `a` leaves the heap before `b`. */
  readonly precedes: (a: number, b: number) => boolean;
};

/** Adds an item. */
export function pushHeap(heap: Heap, item: number): void {
  const { items, precedes } = heap;
  let place = items.push(item) - 1;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    const above = items[parent] ?? 0;
    if (!precedes(item, above)) break;
    items[place] = above;
    place = parent;
  }
  items[place] = item;
}

/** Removes and returns the item that precedes all others; undefined if the heap is empty. */
export function popHeap(heap: Heap): number | undefined {
  const { items } = heap;
  const top = items[0];
  const last = items.pop();
  if (last !== undefined && items.length > 0) sinkDown(heap, last);
  return top;
}

/** Moves `item` from the top down to its place. */
function sinkDown({ items, precedes }: Heap, item: number): void {
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const child = items[left];
    if (child === undefined) break;
    const sibling = items[left + 1];
    const takeRight = sibling !== undefined && precedes(sibling, child);
    const next = takeRight ? sibling : child;
    if (!precedes(next, item)) break;
    items[place] = next;
    place = takeRight ? left + 1 : left;
  }
  items[place] = item;
}
