// A ledger is an array of entries. These functions leave it as it is and answer a new one.

/** With one more entry, in order of date; entries of one day stay in the order in which they came. */
export function addEntry(entries, entry) {
  const later = entries.findIndex((other) => other.date > entry.date);
  const index = later === -1 ? entries.length : later;
  return [...entries.slice(0, index), entry, ...entries.slice(index)];
}

/** What was spent, in cents. */
export function totalOf(entries) {
  return entries.reduce((sum, entry) => sum + entry.cents, 0);
}
