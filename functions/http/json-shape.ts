// Looks at the shape of JSON text before it is parsed, so that nothing ever walks a value built to hurt.

export type JsonLimits = { readonly maxDepth: number; readonly maxEntries: number };

export const JSON_LIMITS: JsonLimits = { maxDepth: 64, maxEntries: 500_000 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What is wrong, in words; undefined when the text stays within the limits. Whether it is JSON is not judged here. */
export function findJsonShapeProblem(text: string, limits: JsonLimits): string | undefined {
  let depth = 0;
  let entries = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = findStringEnd(text, at);
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === 0x2c) entries += 1;
    if (depth > limits.maxDepth) return `is nested deeper than ${limits.maxDepth} levels`;
    if (entries > limits.maxEntries) return `has more than ${limits.maxEntries} entries`;
  }
  return undefined;
}

/** Index of the closing quote. */
function findStringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}
