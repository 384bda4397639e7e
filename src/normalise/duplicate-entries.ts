import type { Enclosure } from '../domain/items/item.ts';
import { isSameTitle, titleWords } from '../domain/items/same-title.ts';
import { haveDistinctRecordings } from '../domain/recordings.ts';
import { type IdentityFields, isBelowSiteRoot, linkKey } from './entry-identity.ts';

/** The fields of an entry that are compared with other entries of its document. */
interface ComparableEntry extends IdentityFields {
  readonly publishedMs: number | null;
  readonly updatedMs: number | null;
  readonly enclosures: readonly Enclosure[];
}

/** When an entry was last modified, in epoch milliseconds; -Infinity if it has no date. */
export function lastModifiedMs(entry: Pick<ComparableEntry, 'publishedMs' | 'updatedMs'>): number {
  return entry.updatedMs ?? entry.publishedMs ?? Number.NEGATIVE_INFINITY;
}

/**
 * Finds entries that repeat another entry of their document under a different guid: same link and nearly the same title.
 * The most recently modified one is kept, the last one if the dates are equal (ADR 0016).
 *
 * If three or more entries share a link, as in a live blog or an activity feed, their titles must consist of the same
 * words and their text or date must be equal.
 *
 * @returns the indices of the entries to drop. Linear in the number of entries.
 */
export function findDuplicateEntries(entries: readonly ComparableEntry[], siteUrl: string | null): ReadonlySet<number> {
  const repeated = new Set<number>();
  for (const sharing of byLink(entries, siteUrl)) {
    // The entry to keep comes first.
    const ordered = sharing.toReversed().sort((a, b) => touched(entries, b) - touched(entries, a));
    const found = ordered.length === 2 ? duplicateOfTwo(entries, ordered) : duplicatesOfMany(entries, ordered);
    for (const index of found) repeated.add(index);
  }
  return repeated;
}

function touched(entries: readonly ComparableEntry[], index: number): number {
  const entry = entries[index];
  return entry === undefined ? Number.NEGATIVE_INFINITY : lastModifiedMs(entry);
}

/** The indices of the entries of each link that several entries share. */
function byLink(entries: readonly ComparableEntry[], siteUrl: string | null): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { url }] of entries.entries()) {
    if (url === null) continue;
    // Groups like `linkKey` at a fraction of its cost: the links are clean except for their scheme.
    const key = url.slice(url.indexOf(':'));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  const shared = [...groups.values()].filter((group) => group.length > 1);
  if (shared.length === 0) return [];
  const isPage = isBelowSiteRoot(siteUrl);
  return shared.filter(([index = 0]) => isPage(linkKey(entries[index]?.url ?? '')));
}

function duplicateOfTwo(entries: readonly ComparableEntry[], [kept, other]: readonly number[]): number[] {
  const [one, two] = [entries[kept ?? -1], entries[other ?? -1]];
  if (one === undefined || two === undefined || other === undefined) return [];
  const isRepeated = isSameTitle(one.title, two.title) && !haveDistinctRecordings(one.enclosures, two.enclosures);
  return isRepeated ? [other] : [];
}

function duplicatesOfMany(entries: readonly ComparableEntry[], ordered: readonly number[]): number[] {
  const titles = new Map<string, number>();
  for (const index of ordered) {
    const title = titleOf(entries[index]);
    titles.set(title, (titles.get(title) ?? 0) + 1);
  }
  const seen = new Set<string>();
  return ordered.filter((index) => {
    const entry = entries[index];
    const title = titleOf(entry);
    // Parsing the text is expensive, and most entries of a live blog have different titles.
    if (entry === undefined || titles.get(title) === 1) return false;
    const keys = [`text\n${title}\n${entry.body.text}`];
    if (entry.publishedMs !== null) keys.push(`date\n${title}\n${entry.publishedMs}`);
    const isDuplicate = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    return isDuplicate;
  });
}

function titleOf(entry: ComparableEntry | undefined): string {
  return entry === undefined ? '' : titleWords(entry.title) || entry.title;
}
