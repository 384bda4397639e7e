/** An image candidate of a srcset: its URL and its descriptor (`2x`, `640w`), empty if it has none. */
interface ImageCandidate {
  readonly url: string;
  readonly descriptor: string;
}

const maxCandidates = 20;

/**
 * Parses a `srcset`. Omits candidates with an invalid descriptor. A comma inside a URL does not separate candidates, one at
 * its end does (HTML §4.8.4.2.1). Linear time.
 */
export function parseSrcset(srcset: string): ImageCandidate[] {
  const candidates: ImageCandidate[] = [];
  const pattern = /[\s,]*([^\s,]\S*)([^,]*)/y;
  while (candidates.length < maxCandidates) {
    const match = pattern.exec(srcset);
    if (match?.[1] === undefined) break;
    const url = match[1].replace(/,+$/, '');
    // A URL that ends in a comma has no descriptor: the next candidate follows.
    if (url !== match[1]) pattern.lastIndex -= (match[2] ?? '').length;
    const descriptor = url === match[1] ? readDescriptor((match[2] ?? '').trim()) : '';
    if (descriptor !== null) candidates.push({ url, descriptor });
  }
  return candidates;
}

/** A descriptor with its number in the shortest form; empty if it has no effect, null if it is invalid. */
function readDescriptor(text: string): string | null {
  if (text === '') return '';
  const [, digits, unit] = /^(\d{1,5}(?=w)|\d{1,2}(?:\.\d{1,3})?(?=x))([wx])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const size = Number(digits);
  if (size > 0) return `${size}${unit}`;
  return unit === 'w' ? null : '';
}

/** The inverse of `parseSrcset`, for URLs without white space that do not end in a comma. */
export function formatSrcset(candidates: readonly ImageCandidate[]): string {
  return candidates.map(({ url, descriptor }) => `${url} ${descriptor}`.trim()).join(', ');
}
