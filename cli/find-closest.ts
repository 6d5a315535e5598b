/** Finds the word that the user probably meant: the closest word within two edits, or the only word that starts with the text. */
export function findClosest(typed: string, words: readonly string[]): string | undefined {
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of words) {
    const distance = computeEditDistance(typed, word);
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  if (best !== undefined && best.distance <= 2) return best.word;
  const completions = words.filter((word) => word.startsWith(typed));
  return completions.length === 1 ? completions[0] : undefined;
}

/** Returns the number of inserted, removed or replaced characters between two texts (Levenshtein distance). */
function computeEditDistance(from: string, to: string): number {
  // Entry `j` of a row is the distance between the first `i` characters of `from` and the first `j` characters of `to`.
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const nextRow = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const afterReplacement = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      nextRow.push(Math.min(afterReplacement, (row[j] ?? 0) + 1, (nextRow[j - 1] ?? 0) + 1));
    }
    row = nextRow;
  }
  return row[to.length] ?? 0;
}
