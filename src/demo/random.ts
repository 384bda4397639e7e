/** Returns pseudo-random numbers in [0, 1). */
export type Random = () => number;

/** Mulberry32: the same numbers for the same seed. Not for security. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random integer between two, both inclusive. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** A random element of a list. Throws if the list is empty. */
export function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[between(random, 0, list.length - 1)];
  if (chosen === undefined) throw new RangeError('the list is empty');
  return chosen;
}
