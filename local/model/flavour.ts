// How the scripted model's answers differ from run to run when it is asked to shuffle. The same seed, the same answers.

export type Flavour = {
  /** One of the wordings. */
  pickVariant(options: readonly string[]): string;
  orderItems<T>(items: readonly T[]): T[];
  /** The content of a file that is about to be written. */
  varyFile(content: string): string;
};

/** Without a seed: the first wording, the order as written, files as they are. */
export function createFlavour(seed: number | undefined): Flavour {
  if (seed === undefined) {
    return {
      pickVariant: ([first = '']) => first,
      orderItems: (items) => [...items],
      varyFile: (text) => text,
    };
  }
  const variant = 1 + Math.floor(createSeededRandom(seed)() * 2);
  return {
    pickVariant: (options) => options[variant % options.length] ?? '',
    orderItems: (items) => shuffleItems(items, seed),
    varyFile: (content) => applyVariant(content, variant),
  };
}

/** Numbers from 0 to below 1 (mulberry32). */
export function createSeededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffleItems<T>(items: readonly T[], seed: number): T[] {
  const random = createSeededRandom(seed);
  const ranked = items.map((item) => ({ item, rank: random() }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

/** Constants and comments of the files, by variant; the tests of the files hold for all of them. */
const VARIATIONS: readonly (readonly [string, string, string])[] = [
  ['WARN_PERCENT = 80', 'WARN_PERCENT = 75', 'WARN_PERCENT = 90'],
  ["FALLBACK = 'other'", "FALLBACK = 'unsorted'", "FALLBACK = 'misc'"],
  [
    "['rent', 'home'],",
    "['rent', 'home'],\n  ['water', 'home'],",
    "['rent', 'home'],\n  ['gas', 'home'],",
  ],
  [
    'A period has a first and a last day, both of them in it.',
    'Both the first and the last day belong to a period.',
    'A period: from its first day to the end of its last.',
  ],
  [
    'as spreadsheets and banks write them (RFC 4180)',
    'the way RFC 4180 has them',
    'of banks and spreadsheets, by RFC 4180',
  ],
];

function applyVariant(content: string, variant: number): string {
  let text = content;
  for (const wordings of VARIATIONS)
    text = text.replace(wordings[0], wordings[variant] ?? wordings[0]);
  return text;
}
