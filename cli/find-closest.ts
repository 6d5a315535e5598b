/** Finds the word that the user probably meant: at most two letters differ, or only this word starts with the typed text. */
export function findClosest(typed: string, words: readonly string[]): string | undefined {
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of words) {
    const distance = computeEditDistance(typed, word);
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  if (best !== undefined && best.distance <= 2) return best.word;
  const starting = words.filter((word) => word.startsWith(typed));
  return starting.length === 1 ? starting[0] : undefined;
}

function computeEditDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
