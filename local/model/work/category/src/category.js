// People write the same category in different ways. This module maps each spelling to a canonical name.

/** Canonical name of an entry whose category is empty. */
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

/** Returns the canonical name of a category: lower case, hyphens instead of spaces, aliases resolved. */
export function canonicalCategory(name) {
  const normalisedName = name.trim().toLowerCase().replace(/\s+/g, '-');
  if (normalisedName === '') return FALLBACK;
  return ALIASES.get(normalisedName) ?? normalisedName;
}

/** Groups entries by canonical category, in alphabetical order of the categories. */
export function groupByCategory(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const category = canonicalCategory(entry.category);
    groups.set(category, [...(groups.get(category) ?? []), entry]);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}
