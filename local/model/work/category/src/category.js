// People type the same category in many ways; one name is kept.

export const FALLBACK = 'other';

const ALIASES = new Map([
  ['groceries', 'food'],
  ['lunch', 'food'],
  ['restaurant', 'food'],
  ['bus', 'transport'],
  ['fuel', 'transport'],
  ['train', 'transport'],
  ['electricity', 'home'],
  ['rent', 'home'],
]);

/** The canonical name: lower case, hyphens for spaces, aliases resolved. */
export function canonicalCategory(name) {
  const plain = name.trim().toLowerCase().replace(/\s+/g, '-');
  if (plain === '') return FALLBACK;
  return ALIASES.get(plain) ?? plain;
}

/** Entries by canonical category, in alphabetical order of the categories. */
export function groupByCategory(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const category = canonicalCategory(entry.category);
    groups.set(category, [...(groups.get(category) ?? []), entry]);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}
