import type { Enclosure, ItemDraft, NormalisedFeed } from '../../domain/items/item.ts';
import type { FeedIdentity } from '../../domain/polling/feed-continuity.ts';
import { publisherOf } from '../../domain/polling/hosts.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { candidateKeys, type KnownEntry, type KnownItem, type KnownItems } from './item-identity.ts';

interface EntryRow {
  readonly id: number;
  readonly entry_key: string;
  readonly item_id: number | null;
  readonly content_hash: string;
}

function toEntry(row: EntryRow): KnownEntry {
  return { appearanceId: row.id, entryKey: row.entry_key, itemId: row.item_id, contentHash: row.content_hash };
}

interface ItemRow {
  readonly itemId: number;
  readonly key: string;
  readonly id: number | null;
  readonly entry_key: string | null;
  readonly item_id: number | null;
  readonly content_hash: string | null;
  readonly title: string;
  readonly url: string | null;
  readonly enclosures: string;
}

/** The columns of `ItemRow`, from `item` joined with `appearance`. */
const itemColumns = [
  'item.id as itemId',
  'key',
  'appearance.id',
  'entry_key',
  'item_id',
  'appearance.content_hash',
  'item.title',
  'item.url',
  'item.enclosures',
] as const;

/** The keys are a JSON array. */
const selectItems = compiledQuery<{ ref: number; keys: string }, ItemRow>(['ref', 'keys'], (db, { ref, keys }) =>
  db
    .selectFrom('item')
    .leftJoin('appearance', (join) =>
      join.onRef('appearance.item_id', '=', 'item.id').on('appearance.source_ref', '=', ref),
    )
    .select(itemColumns)
    .where('key', 'in', engineOf(db).jsonValues<string>(keys)),
);

/** Maximum number of the newest items of a source that are searched for a shared link. */
const maxSharing = 500;

/** The urls are a JSON array. */
const selectSharing = compiledQuery<{ ref: number; urls: string }, ItemRow>(['ref', 'urls'], (db, { ref, urls }) =>
  db
    .selectFrom((newest) =>
      newest
        .selectFrom('appearance')
        .selectAll()
        .where('source_ref', '=', ref)
        .orderBy('sort_ms', 'desc')
        .orderBy('item_id', 'desc')
        .limit(maxSharing)
        .as('appearance'),
    )
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .select(itemColumns)
    .where('item.url', 'in', engineOf(db).jsonValues<string>(urls))
    .orderBy('appearance.sort_ms', 'desc')
    .orderBy('item.id', 'desc'),
);

const selectEntries = compiledQuery<{ ref: number; keys: string }, EntryRow>(['ref', 'keys'], (db, { ref, keys }) =>
  db
    .selectFrom('appearance')
    .select(['id', 'entry_key', 'item_id', 'content_hash'])
    .where('source_ref', '=', ref)
    .where('entry_key', 'in', engineOf(db).jsonValues<string>(keys)),
);

const selectRetired = compiledQuery<{ keys: string }, { key: string }>(['keys'], (db, { keys }) =>
  db.selectFrom('retired_key').select('key').where('key', 'in', engineOf(db).jsonValues<string>(keys)),
);

function toKnownItem(row: ItemRow): KnownItem {
  const { itemId, id, entry_key, item_id, content_hash, title, url } = row;
  const seen = id !== null && entry_key !== null && content_hash !== null;
  const ownEntry = seen ? toEntry({ id, entry_key, item_id, content_hash }) : null;
  return { itemId, ownEntry, title, url, enclosures: fromJson<Enclosure[]>(row.enclosures) };
}

async function readItems(db: Db, ref: number, keys: readonly string[]): Promise<KnownItems['items']> {
  const rows = await selectItems(db, { ref, keys: JSON.stringify(keys) });
  return new Map(rows.map((row) => [row.key, toKnownItem(row)]));
}

/**
 * Finds further items of the source under links that are the key of one of its items: a title that was rewritten along
 * with its guid made a second item of one link. Runs no query if every entry is known or has a link of its own.
 */
async function readSharing(
  db: Db,
  drafts: readonly ItemDraft[],
  { sourceRef, entries, items }: Pick<KnownItems, 'sourceRef' | 'entries' | 'items'>,
): Promise<KnownItems['sameLink']> {
  const links = new Map<string, string>();
  for (const { entryKey, canonicalUrl, url } of drafts) {
    if (canonicalUrl === null || url === null || entries.has(entryKey)) continue;
    if ((items.get(canonicalUrl)?.ownEntry ?? null) === null) continue;
    for (const scheme of ['https:', 'http:']) links.set(url.replace(/^https?:/, scheme), canonicalUrl);
  }
  if (links.size === 0) return new Map();
  const rows = await selectSharing(db, { ref: sourceRef, urls: JSON.stringify([...links.keys()]) });
  const sharing = new Map<string, KnownItem[]>();
  for (const row of rows) {
    const link = links.get(row.url ?? '');
    if (link === undefined || row.key === link) continue;
    sharing.set(link, [...(sharing.get(link) ?? []), toKnownItem(row)]);
  }
  return sharing;
}

/** Reads everything that matching these entries needs, in three or four statements for any number of entries. */
export async function readKnownItems(
  db: Db,
  source: { readonly id: string; readonly ref: number },
  drafts: readonly ItemDraft[],
): Promise<KnownItems> {
  const entryKeys = drafts.map(({ entryKey }) => entryKey);
  const keys = candidateKeys(source.id, drafts);
  const entries = await selectEntries(db, { ref: source.ref, keys: JSON.stringify(entryKeys) });
  const retired = await selectRetired(db, { keys: JSON.stringify(keys) });
  const found = {
    sourceRef: source.ref,
    entries: new Map(entries.map((row) => [row.entry_key, toEntry(row)])),
    items: await readItems(db, source.ref, keys),
  };
  return {
    sourceId: source.id,
    ...found,
    sameLink: await readSharing(db, drafts, found),
    retiredKeys: new Set(retired.map(({ key }) => key)),
  };
}

/** How a document compares with what its source has published before. */
export interface Continuity {
  /** Entries whose ids and links are new to the source, in the order of the drafts. */
  readonly unknownEntries: readonly ItemDraft[];
  /** The previous title and site of the feed if the document changes both; null: no change. */
  readonly previousIdentity: FeedIdentity | null;
}

type Named = Pick<Row<'source'>, 'ref' | 'id' | 'feed_title' | 'site_url'>;

function identityBefore(row: Named, feed: Pick<NormalisedFeed, 'feedTitle' | 'siteUrl'>): FeedIdentity | null {
  const site = publisherOf(row.site_url);
  const siteNow = publisherOf(feed.siteUrl);
  const { feed_title: title } = row;
  if (title === null || site === null || feed.feedTitle === null || siteNow === null) return null;
  return title !== feed.feedTitle && site !== siteNow ? { title, site } : null;
}

/** Compares a document with the stored entries of its source, before it is stored. */
export async function readContinuity(
  db: Db,
  sourceId: string,
  feed: Pick<NormalisedFeed, 'drafts' | 'feedTitle' | 'siteUrl'>,
): Promise<Continuity> {
  const { drafts } = feed;
  const row = await db
    .selectFrom('source')
    .select(['ref', 'id', 'feed_title', 'site_url'])
    .where('id', '=', sourceId)
    .executeTakeFirst();
  if (row === undefined) return { unknownEntries: drafts, previousIdentity: null };
  const { entries, items } = await readKnownItems(db, row, drafts);
  const isKnown = ({ entryKey, canonicalUrl }: ItemDraft): boolean =>
    entries.has(entryKey) || (canonicalUrl !== null && (items.get(canonicalUrl)?.ownEntry ?? null) !== null);
  return { unknownEntries: drafts.filter((draft) => !isKnown(draft)), previousIdentity: identityBefore(row, feed) };
}
