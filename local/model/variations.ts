// Varies the answers of the scripted model by a seed. Equal seeds give equal answers.

/** Functions that vary ids, wordings, orders and file contents in answers. Equal inputs give equal results. */
export type Variations = {
  /** Selects a wording from several. */
  pickVariant(options: readonly string[]): string;
  /** Returns the items in a varied order. */
  orderItems<T>(items: readonly T[]): T[];
  /** Varies constants and comments in the content of a file. */
  varyFile(content: string): string;
};

/** Creates the variations that a seed selects; without a seed, answers do not vary. */
export function createVariations(seed: number | undefined): Variations {
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

/** Creates a generator of pseudo-random numbers in [0, 1) (mulberry32). */
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

/** Constants and comments of the files below work/: the original text and two variants. The tests pass with every variant. */
const FILE_VARIANTS: readonly (readonly [string, string, string])[] = [
  ['WARN_PERCENT = 80', 'WARN_PERCENT = 75', 'WARN_PERCENT = 90'],
  ["FALLBACK = 'other'", "FALLBACK = 'unsorted'", "FALLBACK = 'misc'"],
  [
    "['rent', 'home'],",
    "['rent', 'home'],\n  ['water', 'home'],",
    "['rent', 'home'],\n  ['gas', 'home'],",
  ],
  [
    'A period includes the first and the last day.',
    'Both the first and the last day belong to a period.',
    'A period starts with the first day and ends after the last day.',
  ],
  [
    'as spreadsheets and banks write them (RFC 4180)',
    'as RFC 4180 defines them',
    'that spreadsheets and banks can exchange (RFC 4180)',
  ],
];

function applyVariant(content: string, variant: number): string {
  let text = content;
  for (const texts of FILE_VARIANTS) text = text.replace(texts[0], texts[variant] ?? texts[0]);
  return text;
}
