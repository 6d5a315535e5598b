// A ledger is an array of entries. No function changes the array that it receives.

/** Returns the entries with a new entry, sorted by date. The new entry follows the entries of the same day. */
export function addEntry(entries, entry) {
  const firstLater = entries.findIndex((other) => other.date > entry.date);
  const index = firstLater === -1 ? entries.length : firstLater;
  return [...entries.slice(0, index), entry, ...entries.slice(index)];
}

/** Returns the sum of all entries in cents. */
export function totalOf(entries) {
  return entries.reduce((sum, entry) => sum + entry.cents, 0);
}
