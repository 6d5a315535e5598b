// Limits on JSON text that are checked before parsing, so that a malicious text cannot exhaust the stack or the memory.

/** Maximum nesting depth and number of entries. */
export type JsonLimits = { readonly maxDepth: number; readonly maxEntries: number };

/** Limits of request bodies. */
export const JSON_LIMITS: JsonLimits = { maxDepth: 64, maxEntries: 500_000 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Returns a message if the text exceeds a limit. Does not check that the text is JSON. */
export function findJsonShapeProblem(text: string, limits: JsonLimits): string | undefined {
  let depth = 0;
  let entries = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = findStringEnd(text, index);
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === 0x2c) entries += 1;
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
