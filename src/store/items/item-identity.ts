import type { Enclosure, ItemDraft } from '../../domain/items/item.ts';
import { isSameTitle } from '../../domain/items/same-title.ts';
import { haveDistinctRecordings } from '../../domain/recordings.ts';

/** An entry as this source is known to have shown it before. */
export interface KnownEntry {
  readonly appearanceId: number;
  readonly entryKey: string;
  /** Null: a tombstone. */
  readonly itemId: number | null;
  readonly contentHash: string;
}

/** An item by one of its keys, with the entry under which this source shows it, if it does. */
export interface KnownItem {
  readonly itemId: number;
  readonly ownEntry: KnownEntry | null;
  readonly title: string;
  readonly url: string | null;
  readonly enclosures: readonly Enclosure[];
}

/** What the store holds that bears on the entries of one document. */
export interface KnownItems {
  readonly sourceId: string;
  readonly sourceRef: number;
  /** Entries of this source, by entry key. */
  readonly entries: ReadonlyMap<string, KnownEntry>;
  /** Items by key. */
  readonly items: ReadonlyMap<string, KnownItem>;
  /** Items that this source shows under a canonical URL that is another item's key, by that URL, the newest first. */
  readonly sameLink: ReadonlyMap<string, readonly KnownItem[]>;
  /** Keys of retired items. */
  readonly retiredKeys: ReadonlySet<string>;
}

/** What an entry turns out to be. */
export type EntryMatch =
  /** An entry seen before; `renamed` when its publisher now calls it something else. */
  | { readonly kind: 'known'; readonly entry: KnownEntry; readonly itemId: number; readonly renamed: boolean }
  /** Another source's item, now seen here too. */
  | { readonly kind: 'join'; readonly itemId: number }
  | { readonly kind: 'new'; readonly key: string }
  /** An item that was retired; `entry` when the tombstone stands already. */
  | { readonly kind: 'retired'; readonly entry: KnownEntry | null };

/** The key of an item whose link does not name it alone. */
export function sourceScopedKey(sourceId: string, entryKey: string): string {
  return `${sourceId}:${entryKey}`;
}

/** Every key under which an item could be found for these entries. */
export function candidateKeys(sourceId: string, drafts: readonly ItemDraft[]): string[] {
  const keys = drafts.flatMap((draft) => [draft.canonicalUrl, sourceScopedKey(sourceId, draft.entryKey)]);
  return [...new Set(keys.filter((key) => key !== null))];
}

/**
 * The entries that a publisher has given new guids all at once, which happens when a site moves to new software:
 * more than half of the document are strangers whose links are known from entries that are gone from it. They are
 * matched by link then, or a whole archive would be news again.
 *
 * @param document entry keys of the whole document, unchanged ones too.
 * @returns the earlier entry of each renamed one, by its new entry key; empty when this is no such move.
 */
export function renamedEntries(
  drafts: readonly ItemDraft[],
  document: ReadonlySet<string>,
  known: KnownItems,
): ReadonlyMap<string, KnownEntry> {
  const renamed = new Map<string, KnownEntry>();
  const claimed = new Set<number>();
  for (const draft of drafts) {
    if (draft.canonicalUrl === null || known.entries.has(draft.entryKey)) continue;
    const earlier = known.items.get(draft.canonicalUrl)?.ownEntry ?? null;
    if (earlier === null || document.has(earlier.entryKey) || claimed.has(earlier.appearanceId)) continue;
    claimed.add(earlier.appearanceId);
    renamed.set(draft.entryKey, earlier);
  }
  // One alone is an entry that took over a link, not a move.
  return renamed.size > 1 && renamed.size * 2 > document.size ? renamed : new Map();
}

/** What the other entries of a document say about one of them. */
export interface DocumentContext {
  /** See `renamedEntries`. */
  readonly renamed: ReadonlyMap<string, KnownEntry>;
  /** Entry keys of the whole document. */
  readonly documentKeys: ReadonlySet<string>;
  /** Canonical URLs that earlier entries of the same batch have claimed. */
  readonly claimedUrls: ReadonlySet<string>;
}

/**
 * Says what an entry is: by its entry key within its source, else by its canonical URL across sources, else new.
 *
 * A source never has two appearances of one item. Where it shows the item of a canonical URL under another entry key,
 * that is this entry before its guid changed, provided that it is gone from the document and has nearly the same title.
 * With another title it is other news under a link that the publisher uses again, as in a live blog.
 */
export function matchEntry(draft: ItemDraft, known: KnownItems, around: DocumentContext): EntryMatch {
  const { renamed, claimedUrls: taken } = around;
  const entry = known.entries.get(draft.entryKey);
  const earlier = entry === undefined ? (renamed.get(draft.entryKey) ?? earlierEntry(draft, known, around)) : undefined;
  const recognised = entry ?? earlier;
  if (recognised !== undefined) {
    if (recognised.itemId === null) return { kind: 'retired', entry: recognised };
    return { kind: 'known', entry: recognised, itemId: recognised.itemId, renamed: entry === undefined };
  }
  const link = draft.canonicalUrl;
  if (link !== null && known.retiredKeys.has(link)) return { kind: 'retired', entry: null };
  const found = link === null ? undefined : known.items.get(link);
  if (found !== undefined && found.ownEntry === null && link !== null && !taken.has(link)) {
    return { kind: 'join', itemId: found.itemId };
  }
  if (link !== null && found === undefined && !taken.has(link)) return { kind: 'new', key: link };
  return newByEntry(draft, known);
}

/** The same entry under the guid that it had before. */
function earlierEntry(
  draft: ItemDraft,
  known: KnownItems,
  { documentKeys: document, claimedUrls: taken }: DocumentContext,
): KnownEntry | undefined {
  const link = draft.canonicalUrl;
  if (link === null || taken.has(link)) return undefined;
  const item = known.items.get(link);
  const candidates = [...(item === undefined ? [] : [item]), ...(known.sameLink.get(link) ?? [])];
  const isEarlier = ({ ownEntry, ...shown }: KnownItem): boolean =>
    ownEntry !== null &&
    !document.has(ownEntry.entryKey) &&
    (ownEntry.contentHash === draft.contentHash || isSameArticle(shown, draft));
  return candidates.find(isEarlier)?.ownEntry ?? undefined;
}

type News = Pick<KnownItem, 'title' | 'url' | 'enclosures'>;

/**
 * Whether two entries of one canonical URL are one article. Where several entries share a page, fragments of their links
 * tell them apart: "#comment-7".
 */
export function isSameArticle(one: News, other: News): boolean {
  return (
    fragmentOf(one.url) === fragmentOf(other.url) &&
    isSameTitle(one.title, other.title) &&
    !haveDistinctRecordings(one.enclosures, other.enclosures)
  );
}

function fragmentOf(url: string | null): string {
  return /#(.*)$/s.exec(url ?? '')?.[1] ?? '';
}

function newByEntry(draft: ItemDraft, known: KnownItems): EntryMatch {
  const key = sourceScopedKey(known.sourceId, draft.entryKey);
  if (known.retiredKeys.has(key)) return { kind: 'retired', entry: null };
  // The id belonged to another source once: its items keep their keys, and this source gets keys of its own.
  return { kind: 'new', key: known.items.has(key) ? `${key}~${known.sourceRef}` : key };
}
