// The handlers parse most items many times between two writes, so that JSON.parse would take a third of the time of a seed. During a seed,
// each text is parsed once. The parsed values are shared and therefore frozen: an attempt to change a shared value throws.

/** The cache is cleared when it holds this number of texts. */
const MAX_CACHED_TEXTS = 4_000;

/** Runs a synchronous function with a cached JSON.parse. */
export function runWithParseCache<T>(run: () => T): T {
  const { parse } = JSON;
  const parsedByText = new Map<string, unknown>();
  JSON.parse = (text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
    if (reviver !== undefined) return parse(text, reviver);
    const cached = parsedByText.get(text);
    if (cached !== undefined) return cached;
    const value = freezeValue(parse(text));
    if (parsedByText.size >= MAX_CACHED_TEXTS) parsedByText.clear();
    parsedByText.set(text, value);
    return value;
  };
  try {
    return run();
  } finally {
    JSON.parse = parse;
  }
}

function freezeValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeValue(part);
  return Object.freeze(value);
}
