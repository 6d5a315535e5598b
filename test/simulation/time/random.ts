// Randomness from a seed: the same seed always gives the same sequence.

/** Source of reproducible random values. */
export type Random = {
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns a whole number in [from, to]. */
  between(from: number, to: number): number;
  /** Returns true with the given probability, 0 to 1. */
  chance(probability: number): boolean;
  /** Returns a random member; throws for an empty list. */
  pick<T>(members: readonly T[]): T;
  /** Returns a log-normally distributed number: half of the numbers are below `median`, few are far above. */
  logNormal(median: number, sigma: number): number;
};

/** Creates the generator mulberry32. The seed is scrambled, so that neighbouring seeds give unrelated sequences. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 3);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(members: readonly T[]): T => {
    const member = members[Math.floor(next() * members.length)];
    if (member === undefined) throw new Error('cannot pick from an empty list');
    return member;
  };
  return {
    next,
    between,
    pick,
    chance: (probability) => probability > 0 && next() < probability,
    logNormal: (median, sigma) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp(sigma * normal);
    },
  };
}
