import type { ItemDraft } from '../domain/item.ts';

/** An entry as this source is known to have shown it before. */
export interface KnownEntry {
  readonly appearanceId: number;
  readonly entryKey: string;
  /** Null: a tombstone. */
  readonly itemId: number | null;
  readonly contentHash: string;
}

/** What the store holds that bears on the entries of one document. */
export interface Known {
  readonly sourceId: string;
  readonly sourceRef: number;
  /** Entries of this source, by entry key. */
  readonly entries: ReadonlyMap<string, KnownEntry>;
  /** Items by key, with the entry under which this source shows each, if it does. */
  readonly items: ReadonlyMap<string, { readonly itemId: number; readonly ownEntry: KnownEntry | null }>;
  /** Keys of retired items. */
  readonly retired: ReadonlySet<string>;
}

/** What an entry turns out to be. */
export type Recognition =
  /** An entry seen before; `renamed` when its publisher now calls it something else. */
  | { readonly kind: 'known'; readonly entry: KnownEntry; readonly itemId: number; readonly renamed: boolean }
  /** Another source's item, now seen here too. */
  | { readonly kind: 'join'; readonly itemId: number }
  | { readonly kind: 'new'; readonly key: string }
  /** An item that was retired; `entry` when the tombstone stands already. */
  | { readonly kind: 'retired'; readonly entry: KnownEntry | null };

/** The key of an item whose link does not name it alone. */
export function ownKey(sourceId: string, entryKey: string): string {
  return `${sourceId}:${entryKey}`;
}

/** Every key under which an item could be found for these entries. */
export function candidateKeys(sourceId: string, drafts: readonly ItemDraft[]): string[] {
  const keys = drafts.flatMap((draft) => [draft.canonicalUrl, ownKey(sourceId, draft.entryKey)]);
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
  known: Known,
): ReadonlyMap<string, KnownEntry> {
  const renamed = new Map<string, KnownEntry>();
  for (const draft of drafts) {
    if (draft.canonicalUrl === null || known.entries.has(draft.entryKey)) continue;
    const earlier = known.items.get(draft.canonicalUrl)?.ownEntry ?? null;
    if (earlier !== null && !document.has(earlier.entryKey)) renamed.set(draft.entryKey, earlier);
  }
  // One alone is an entry that took over a link, not a move.
  return renamed.size > 1 && renamed.size * 2 > document.size ? renamed : new Map();
}

/**
 * Says what an entry is: by its entry key within its source, else by its canonical URL across sources, else new.
 *
 * A canonical URL counts only as long as this source does not show the item under another entry key already, for a
 * source never has two appearances of one item.
 *
 * @param taken canonical URLs and items that earlier entries of the same batch have claimed.
 */
export function recognise(
  draft: ItemDraft,
  known: Known,
  renamed: ReadonlyMap<string, KnownEntry>,
  taken: ReadonlySet<string>,
): Recognition {
  const earlier = renamed.get(draft.entryKey);
  const entry = known.entries.get(draft.entryKey) ?? earlier;
  if (entry !== undefined) {
    if (entry.itemId === null) return { kind: 'retired', entry };
    return { kind: 'known', entry, itemId: entry.itemId, renamed: entry === earlier };
  }
  const link = draft.canonicalUrl;
  if (link !== null && known.retired.has(link)) return { kind: 'retired', entry: null };
  const found = link === null ? undefined : known.items.get(link);
  if (found !== undefined && found.ownEntry === null && link !== null && !taken.has(link)) {
    return { kind: 'join', itemId: found.itemId };
  }
  if (link !== null && found === undefined && !taken.has(link)) return { kind: 'new', key: link };
  return newByEntry(draft, known);
}

function newByEntry(draft: ItemDraft, known: Known): Recognition {
  const key = ownKey(known.sourceId, draft.entryKey);
  if (known.retired.has(key)) return { kind: 'retired', entry: null };
  // The id belonged to another source once: its items keep their keys, and this source gets keys of its own.
  return { kind: 'new', key: known.items.has(key) ? `${key}~${known.sourceRef}` : key };
}
