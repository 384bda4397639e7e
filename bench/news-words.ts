const syllables = 'ba ko ri ne ta lu mi so ve da po ze fa ni go re hu la ti mo'.split(' ');
const common = 'the of and to in a on for at with from after over council city market study report week year'.split(
  ' ',
);
const vocabulary = 20_000;

/** Invented words with the frequencies of real ones: few are common, most are rare. The same in every run. */
export interface NewsWords {
  /** A sentence with a number of words. */
  sentence(words: number): string;
  /** One of 300 rare words. */
  rare(): string;
}

/** A stream of words. */
export function newsWords(seed = 1): NewsWords {
  let state = seed;
  const random = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
  const made = Array.from({ length: vocabulary }, (_, index) => wordOf(index));
  const word = (): string => {
    if (random() < 0.45) return common[Math.floor(random() ** 2 * common.length)] ?? '';
    // Approximates Zipf's law: the probability of a word falls with its rank.
    return made[Math.floor(vocabulary ** random()) - 1] ?? '';
  };
  return {
    sentence: (words) => {
      const text = Array.from({ length: words }, word).join(' ');
      return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
    },
    rare: () => made[Math.floor(random() * 300)] ?? '',
  };
}

function wordOf(index: number): string {
  const parts: string[] = [];
  for (let rest = index + 400; rest > 0; rest = Math.floor(rest / syllables.length)) {
    parts.push(syllables[rest % syllables.length] ?? '');
  }
  return parts.join('');
}
