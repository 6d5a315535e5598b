// Nearly every item is read again and again between two writes, and its text with it: a third of a seed would be JSON.parse.
// While a seed runs, each text is parsed once. What it says is frozen, so that whoever changed what another reads would throw.

const MAX_TEXTS = 4_000;

/** `act` must run to its end at once: nothing else in the process parses meanwhile. */
export function runWithParseOnce<T>(act: () => T): T {
  const { parse } = JSON;
  const known = new Map<string, unknown>();
  JSON.parse = (text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
    if (reviver !== undefined) return parse(text, reviver);
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = freezeValue(parse(text));
    if (known.size >= MAX_TEXTS) known.clear();
    known.set(text, value);
    return value;
  };
  try {
    return act();
  } finally {
    JSON.parse = parse;
  }
}

function freezeValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeValue(part);
  return Object.freeze(value);
}
