// The predecessors of each node as a row of bits: 10,000 nodes take 6 MB, and a lookup reads a single word. Nodes are added in
// topological order. A place is the position of a node in this order, so a row needs bits only for earlier places.

/** The predecessors of all places, as a row of bits per place. */
export type Ancestors = { readonly rows: Uint32Array[] };

/** Creates the predecessors of an empty graph. */
export function createAncestors(): Ancestors {
  return { rows: [] };
}

/** Adds the next place with its direct dependencies and returns its number. */
export function appendPlace(ancestors: Ancestors, dependencies: readonly number[]): number {
  const place = ancestors.rows.length;
  ancestors.rows.push(new Uint32Array((place + 31) >>> 5));
  // The latest dependency comes first: most other dependencies are its predecessors, so `addPredecessor` returns early for them.
  for (const earlier of [...dependencies].sort((a, b) => b - a))
    addPredecessor(ancestors, place, earlier);
  return place;
}

/** Tells whether `earlier` is a direct or indirect predecessor of `later`. */
export function comesBefore(ancestors: Ancestors, earlier: number, later: number): boolean {
  const bits = ancestors.rows[later]?.[earlier >>> 5] ?? 0;
  return (bits & (1 << (earlier & 31))) !== 0;
}

/** Makes `earlier` and its predecessors predecessors of `later`; returns false if `earlier` already was a predecessor. */
export function addPredecessor(ancestors: Ancestors, later: number, earlier: number): boolean {
  if (comesBefore(ancestors, earlier, later)) return false;
  const row = ancestors.rows[later];
  const earlierRow = ancestors.rows[earlier];
  if (row === undefined || earlierRow === undefined || earlier >= later) {
    throw new RangeError(`place ${earlier} cannot be a predecessor of place ${later}`);
  }
  for (let word = 0; word < earlierRow.length; word++) {
    row[word] = (row[word] ?? 0) | (earlierRow[word] ?? 0);
  }
  row[earlier >>> 5] = (row[earlier >>> 5] ?? 0) | (1 << (earlier & 31));
  return true;
}

/** Tells whether all `places`, given as a row of bits, are predecessors of `later`. */
export function allComeBefore(ancestors: Ancestors, places: Uint32Array, later: number): boolean {
  const row = ancestors.rows[later] ?? new Uint32Array();
  for (let word = 0; word < row.length; word++) {
    if (((places[word] ?? 0) & ~(row[word] ?? 0)) !== 0) return false;
  }
  return true;
}

/** Copies the row of a place. */
export function saveRow(ancestors: Ancestors, place: number): Uint32Array {
  return (ancestors.rows[place] ?? new Uint32Array()).slice();
}

/** Replaces the row of a place by a copy from `saveRow`. */
export function restoreRow(ancestors: Ancestors, place: number, saved: Uint32Array): void {
  ancestors.rows[place] = saved;
}
