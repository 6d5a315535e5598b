// Who comes before whom, as one row of bits per node: 10,000 nodes take 6 MB and a question one look. Nodes are added in
// topological order, so a row holds earlier places only.

export type Ancestors = { readonly rows: Uint32Array[] };

export function createAncestors(): Ancestors {
  return { rows: [] };
}

/** Adds the next place. `before`: places it waits on. */
export function appendPlace(ancestors: Ancestors, before: readonly number[]): number {
  const place = ancestors.rows.length;
  ancestors.rows.push(new Uint32Array((place + 31) >>> 5));
  // The latest first: it mostly brings the others along.
  for (const other of [...before].sort((a, b) => b - a)) addPredecessor(ancestors, place, other);
  return place;
}

export function comesBefore(ancestors: Ancestors, earlier: number, later: number): boolean {
  const word = ancestors.rows[later]?.[earlier >>> 5] ?? 0;
  return (word & (1 << (earlier & 31))) !== 0;
}

/** False: it was known. */
export function addPredecessor(ancestors: Ancestors, later: number, earlier: number): boolean {
  if (comesBefore(ancestors, earlier, later)) return false;
  const row = ancestors.rows[later];
  const other = ancestors.rows[earlier];
  if (row === undefined || other === undefined || earlier >= later) {
    throw new RangeError(`place ${earlier} cannot come before ${later}`);
  }
  for (let word = 0; word < other.length; word++) {
    row[word] = (row[word] ?? 0) | (other[word] ?? 0);
  }
  row[earlier >>> 5] = (row[earlier >>> 5] ?? 0) | (1 << (earlier & 31));
  return true;
}

/** Whether all of `places`, a row of bits of earlier places, come before. */
export function allComeBefore(ancestors: Ancestors, places: Uint32Array, later: number): boolean {
  const row = ancestors.rows[later] ?? new Uint32Array();
  for (let word = 0; word < row.length; word++) {
    if (((places[word] ?? 0) & ~(row[word] ?? 0)) !== 0) return false;
  }
  return true;
}

export function saveRow(ancestors: Ancestors, place: number): Uint32Array {
  return (ancestors.rows[place] ?? new Uint32Array()).slice();
}

export function restoreRow(ancestors: Ancestors, place: number, saved: Uint32Array): void {
  ancestors.rows[place] = saved;
}
