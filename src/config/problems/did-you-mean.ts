/** Names of settings in other feed readers, and ours. */
const synonyms: Readonly<Record<string, string>> = {
  name: 'title',
  feed: 'url',
  link: 'url',
  href: 'url',
  xmlurl: 'url',
  category: 'section',
  folder: 'section',
  group: 'section',
  every: 'interval',
  interval: 'every',
  refresh: 'interval',
  ttl: 'interval',
  lang: 'language',
  include: 'keep',
  exclude: 'drop',
  max: 'limit',
  feeds: 'sources',
  subscriptions: 'sources',
  tz: 'timezone',
};

/** Former names of settings, and their current names. */
const formerKeys: Readonly<Record<string, string>> = { age: 'maxAge' };

/** The current name of a renamed setting; null if it is not one of the known words. */
export function renamedKey(key: string, known: readonly string[]): string | null {
  const current = formerKeys[key];
  return current !== undefined && known.includes(current) ? current : null;
}

/**
 * The known word most similar to an unknown one; null if none is similar enough.
 *
 * @param maxEdits how many letters may differ. By default a third of them: with more, `help` would suggest `keep`.
 */
export function nearestWord(
  word: string,
  known: readonly string[],
  maxEdits = Math.max(1, Math.floor(word.length / 3)),
): string | null {
  const plain = word.toLowerCase();
  const synonym = synonyms[plain];
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= maxEdits ? best.candidate : null;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and transpositions. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const plain = Math.min(at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(i - 1, j - 1) + same);
      row.push(isSwap ? Math.min(plain, at(i - 2, j - 2) + 1) : plain);
    }
  }
  return at(a.length, b.length);
}
