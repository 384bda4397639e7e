import type { Enclosure } from '../domain/items/item.ts';
import { isSameTitle, titleWords } from '../domain/items/same-title.ts';
import { haveDistinctRecordings } from '../domain/recordings.ts';
import { type IdentityFields, isBelowSiteRoot, linkKey } from './entry-identity.ts';

/** An entry as far as it is compared with others of its document. */
export interface ComparableEntry extends IdentityFields {
  readonly publishedMs: number | null;
  readonly updatedMs: number | null;
  readonly enclosures: readonly Enclosure[];
}

/** When an entry was last touched, in epoch milliseconds; before everything else when it does not say. */
export function lastModifiedMs(entry: Pick<ComparableEntry, 'publishedMs' | 'updatedMs'>): number {
  return entry.updatedMs ?? entry.publishedMs ?? Number.NEGATIVE_INFINITY;
}

/**
 * The entries that repeat another entry of their document under another guid: same link, nearly the same title. The
 * most recently updated one stays, of equals the last. See ADR 0016.
 *
 * Where three or more entries share a link, as in a live blog or a list of activities, titles must have the same words,
 * and text or date must be the same too.
 *
 * @returns indices of the entries to leave out. Linear in the number of entries.
 */
export function findDuplicateEntries(entries: readonly ComparableEntry[], siteUrl: string | null): ReadonlySet<number> {
  const repeated = new Set<number>();
  for (const sharing of byLink(entries, siteUrl)) {
    // The one to keep comes first.
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

/** Indices of the entries of each link that several have. */
function byLink(entries: readonly ComparableEntry[], siteUrl: string | null): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { url }] of entries.entries()) {
    if (url === null) continue;
    // As `linkKey` would group them, at a fraction of its cost: links are clean already but for their scheme.
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
    // The text is costly to read, and most of a live blog have a title of their own.
    if (entry === undefined || titles.get(title) === 1) return false;
    const marks = [`text\n${title}\n${entry.body.text}`];
    if (entry.publishedMs !== null) marks.push(`date\n${title}\n${entry.publishedMs}`);
    const isRepeated = marks.some((mark) => seen.has(mark));
    for (const mark of marks) seen.add(mark);
    return isRepeated;
  });
}

function titleOf(entry: ComparableEntry | undefined): string {
  return entry === undefined ? '' : titleWords(entry.title) || entry.title;
}
