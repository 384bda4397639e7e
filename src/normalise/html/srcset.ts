/** One picture of a srcset: its address and what is said of it (`2x`, `640w`), empty when nothing is. */
export interface ImageCandidate {
  readonly url: string;
  readonly descriptor: string;
}

const maxCandidates = 20;

/**
 * The candidates of a `srcset`, in order, those with a malformed descriptor left out. A comma inside an address does
 * not part candidates, one at its end does (HTML §4.8.4.2.1). Linear time.
 */
export function parseSrcset(srcset: string): ImageCandidate[] {
  const candidates: ImageCandidate[] = [];
  const pattern = /[\s,]*([^\s,]\S*)([^,]*)/y;
  while (candidates.length < maxCandidates) {
    const match = pattern.exec(srcset);
    if (match?.[1] === undefined) break;
    const url = match[1].replace(/,+$/, '');
    // An address that ends in a comma has no descriptor: what follows is the next candidate.
    if (url !== match[1]) pattern.lastIndex -= (match[2] ?? '').length;
    const descriptor = url === match[1] ? readDescriptor((match[2] ?? '').trim()) : '';
    if (descriptor !== null) candidates.push({ url, descriptor });
  }
  return candidates;
}

/** A descriptor with its number in the shortest form; empty where it says nothing, null where browsers find fault. */
function readDescriptor(text: string): string | null {
  if (text === '') return '';
  const [, digits, unit] = /^(\d{1,5}(?=w)|\d{1,2}(?:\.\d{1,3})?(?=x))([wx])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const size = Number(digits);
  if (size > 0) return `${size}${unit}`;
  return unit === 'w' ? null : '';
}

/** The inverse of `parseSrcset`, for addresses without white space and without commas at their ends. */
export function formatSrcset(candidates: readonly ImageCandidate[]): string {
  return candidates.map(({ url, descriptor }) => `${url} ${descriptor}`.trim()).join(', ');
}
