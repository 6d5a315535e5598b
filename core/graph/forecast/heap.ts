/** A binary heap of numbers. */
export type Heap = {
  readonly items: number[];
  /** Tells whether `a` leaves the heap before `b`. */
  readonly before: (a: number, b: number) => boolean;
};

/** Adds an item. */
export function pushHeap(heap: Heap, item: number): void {
  const { items, before } = heap;
  let place = items.push(item) - 1;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    const above = items[parent] ?? 0;
    if (!before(item, above)) break;
    items[place] = above;
    place = parent;
  }
  items[place] = item;
}

/** Removes and returns the first item; undefined if the heap is empty. */
export function popHeap(heap: Heap): number | undefined {
  const { items } = heap;
  const top = items[0];
  const last = items.pop();
  if (last !== undefined && items.length > 0) sinkDown(heap, last);
  return top;
}

/** Moves `item` from the top down to its place. */
function sinkDown({ items, before }: Heap, item: number): void {
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const child = items[left];
    if (child === undefined) break;
    const sibling = items[left + 1];
    const takeRight = sibling !== undefined && before(sibling, child);
    const next = takeRight ? sibling : child;
    if (!before(next, item)) break;
    items[place] = next;
    place = takeRight ? left + 1 : left;
  }
  items[place] = item;
}
