// Characters that people do not see but models and terminals read: controls, zero-width, bidirectional overrides, tags.
const INVISIBLE_CHARACTERS = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/** Visible text only, newlines and tabs kept, at most `maxChars` long; what is cut ends with an ellipsis. */
export function toPlainText(text: string, maxChars: number): string {
  // Never more work than the result can need: four invisible characters for each visible one are generous.
  const near = text.length > maxChars * 5 ? text.slice(0, maxChars * 5) : text;
  const plain = near.replaceAll('\r\n', '\n').replace(INVISIBLE_CHARACTERS, '');
  return truncateText(plain, maxChars);
}

/** The same on one line. */
export function toOneLine(text: string, maxChars: number): string {
  return truncateText(
    toPlainText(text, maxChars * 2)
      .replace(/\s+/g, ' ')
      .trim(),
    maxChars,
  );
}

/** Cuts between characters, not inside of one. */
export function truncateText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = text.slice(0, Math.max(0, maxChars - 1));
  const half = /[\ud800-\udbff]$/.test(cut);
  return `${half ? cut.slice(0, -1) : cut}…`;
}
