// Limits on JSON text that are checked before parsing, so that a malicious text cannot exhaust the stack or the memory.

/** Maximum nesting depth, and maximum number of commas (`maxEntries`), which bounds the entries of all lists and objects. */
export type JsonLimits = { readonly maxDepth: number; readonly maxEntries: number };

/** Limits of request bodies. */
export const JSON_LIMITS: JsonLimits = { maxDepth: 64, maxEntries: 500_000 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING_BRACKETS = [0x5b, 0x7b];
const CLOSING_BRACKETS = [0x5d, 0x7d];

/**
 * Returns a message if the text exceeds a limit. Counts brackets and commas outside strings, and does not check that the text is
 * JSON.
 */
export function findJsonShapeProblem(text: string, limits: JsonLimits): string | undefined {
  let depth = 0;
  let entries = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = findStringEnd(text, index);
    else if (OPENING_BRACKETS.includes(code)) depth += 1;
    else if (CLOSING_BRACKETS.includes(code)) depth -= 1;
    else if (code === COMMA) entries += 1;
    if (depth > limits.maxDepth) return `is nested deeper than ${limits.maxDepth} levels`;
    if (entries > limits.maxEntries) return `has more than ${limits.maxEntries} entries`;
  }
  return undefined;
}

/** Returns the index of the closing quote. */
function findStringEnd(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== QUOTE) {
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  }
  return index;
}
