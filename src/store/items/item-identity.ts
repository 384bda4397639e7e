import type { Enclosure, ItemDraft } from '../../domain/items/item.ts';
import { isSameTitle } from '../../domain/items/same-title.ts';
import { haveDistinctRecordings } from '../../domain/recordings.ts';

/** A stored entry of the source. */
export interface KnownEntry {
  readonly appearanceId: number;
  readonly entryKey: string;
  /** Null: a tombstone. */
  readonly itemId: number | null;
  readonly contentHash: string;
}

/** A stored item, with the entry under which this source lists it, if it does. */
export interface KnownItem {
  readonly itemId: number;
  readonly ownEntry: KnownEntry | null;
  readonly title: string;
  readonly url: string | null;
  readonly enclosures: readonly Enclosure[];
}

/** Stored entries and items that may match the entries of one document. */
export interface KnownItems {
  readonly sourceId: string;
  readonly sourceRef: number;
  /** Entries of this source, by entry key. */
  readonly entries: ReadonlyMap<string, KnownEntry>;
  readonly items: ReadonlyMap<string, KnownItem>;
  /** Items of this source whose canonical URL is another item's key, by that URL, newest first. */
  readonly sameLink: ReadonlyMap<string, readonly KnownItem[]>;
  readonly retiredKeys: ReadonlySet<string>;
}

/** How an entry matches what is stored. */
export type EntryMatch =
  /** A stored entry; `renamed` when it has a new entry key. */
  | { readonly kind: 'known'; readonly entry: KnownEntry; readonly itemId: number; readonly renamed: boolean }
  /** An item of another source that this source now lists too. */
  | { readonly kind: 'join'; readonly itemId: number }
  | { readonly kind: 'new'; readonly key: string }
  /** A retired item; `entry` is its tombstone, if it has one. */
  | { readonly kind: 'retired'; readonly entry: KnownEntry | null };

/** The key of an item whose link does not identify it alone. */
export function sourceScopedKey(sourceId: string, entryKey: string): string {
  return `${sourceId}:${entryKey}`;
}

/** Every key under which an item could be found for these entries. */
export function candidateKeys(sourceId: string, drafts: readonly ItemDraft[]): string[] {
  const keys = drafts.flatMap((draft) => [draft.canonicalUrl, sourceScopedKey(sourceId, draft.entryKey)]);
  return [...new Set(keys.filter((key) => key !== null))];
}

/**
 * Finds entries whose guids all changed at once, which happens when a site moves to new software: more than half of the
 * document are unknown entries whose links belong to stored entries that are gone from it. They are matched by link.
 * Otherwise the whole archive would be stored again as new items.
 *
 * @param document entry keys of the whole document, including unchanged ones.
 * @returns the earlier entry of each renamed one, by its new entry key; empty if too few entries are renamed.
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
  // A single one is an entry that took over a link, not a change of software.
  return renamed.size > 1 && renamed.size * 2 > document.size ? renamed : new Map();
}

/** The rest of the document, as context for matching one entry. */
export interface DocumentContext {
  readonly renamed: ReadonlyMap<string, KnownEntry>;
  readonly documentKeys: ReadonlySet<string>;
  /** Canonical URLs that earlier entries of the same batch have claimed. */
  readonly claimedUrls: ReadonlySet<string>;
}

/**
 * Matches an entry by its entry key within its source, else by its canonical URL across sources; else it is new.
 *
 * A source never has two appearances of one item. If it lists the item of a canonical URL under another entry key, that
 * is this entry before its guid changed, provided that the old key is gone from the document and the titles are nearly
 * the same. With another title it is another article under a link that the publisher reuses, as in a live blog.
 */
export function matchEntry(draft: ItemDraft, known: KnownItems, context: DocumentContext): EntryMatch {
  const { renamed, claimedUrls } = context;
  const entry = known.entries.get(draft.entryKey);
  const earlier =
    entry === undefined ? (renamed.get(draft.entryKey) ?? earlierEntry(draft, known, context)) : undefined;
  const recognised = entry ?? earlier;
  if (recognised !== undefined) {
    if (recognised.itemId === null) return { kind: 'retired', entry: recognised };
    return { kind: 'known', entry: recognised, itemId: recognised.itemId, renamed: entry === undefined };
  }
  const link = draft.canonicalUrl;
  if (link !== null && known.retiredKeys.has(link)) return { kind: 'retired', entry: null };
  const found = link === null ? undefined : known.items.get(link);
  if (found !== undefined && found.ownEntry === null && link !== null && !claimedUrls.has(link)) {
    return { kind: 'join', itemId: found.itemId };
  }
  if (link !== null && found === undefined && !claimedUrls.has(link)) return { kind: 'new', key: link };
  return newByEntry(draft, known);
}

/** Finds the stored entry that this entry was before its guid changed. */
function earlierEntry(
  draft: ItemDraft,
  known: KnownItems,
  { documentKeys: document, claimedUrls }: DocumentContext,
): KnownEntry | undefined {
  const link = draft.canonicalUrl;
  if (link === null || claimedUrls.has(link)) return undefined;
  const item = known.items.get(link);
  const candidates = [...(item === undefined ? [] : [item]), ...(known.sameLink.get(link) ?? [])];
  const isEarlier = ({ ownEntry, ...article }: KnownItem): boolean =>
    ownEntry !== null &&
    !document.has(ownEntry.entryKey) &&
    (ownEntry.contentHash === draft.contentHash || isSameArticle(article, draft));
  return candidates.find(isEarlier)?.ownEntry ?? undefined;
}

type Article = Pick<KnownItem, 'title' | 'url' | 'enclosures'>;

/**
 * Whether two entries with one canonical URL are one article. Entries that share a page are distinguished by the
 * fragments of their links: "#comment-7".
 */
export function isSameArticle(one: Article, other: Article): boolean {
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
  // Another source had this id before. Its items keep their keys, and this source gets distinct ones.
  return { kind: 'new', key: known.items.has(key) ? `${key}~${known.sourceRef}` : key };
}
