// Invisible characters that can influence models and terminals: controls, zero-width characters, bidirectional overrides, tags.
const INVISIBLE_CHARACTERS = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/** Removes invisible characters except newlines and tabs, and truncates the text to `maxChars` with an ellipsis. */
export function toPlainText(text: string, maxChars: number): string {
  // Bounds the work for a huge text; assumes at most four invisible characters for each visible character.
  const beginning = text.length > maxChars * 5 ? text.slice(0, maxChars * 5) : text;
  const plain = beginning.replaceAll('\r\n', '\n').replace(INVISIBLE_CHARACTERS, '');
  return truncateText(plain, maxChars);
}

/** Converts like toPlainText, and replaces line breaks and repeated spaces by one space. */
export function toOneLine(text: string, maxChars: number): string {
  return truncateText(
    toPlainText(text, maxChars * 2)
      .replace(/\s+/g, ' ')
      .trim(),
    maxChars,
  );
}

/** Truncates a text to `maxChars` with an ellipsis, never inside a surrogate pair. */
export function truncateText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = text.slice(0, Math.max(0, maxChars - 1));
  const endsInsidePair = /[\ud800-\udbff]$/.test(cut);
  return `${endsInsidePair ? cut.slice(0, -1) : cut}…`;
}
