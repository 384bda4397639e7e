import type { Enclosure, Item, Republish, SourceLabel } from '../../domain/items/item.ts';
import { isLocal } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { valueList } from '../engine/write-rows.ts';

/** The public fields of a source at which an item appeared. */
export interface PublicSource {
  readonly ref: number;
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly url: string;
  readonly siteUrl: string | null;
  readonly republish: Republish;
}

/** An item row with the sources at which it appeared, in order of appearance. */
export interface StoredItem {
  readonly row: Row<'item'>;
  readonly sources: readonly PublicSource[];
}

type SourceColumns = Pick<
  Row<'source'>,
  'ref' | 'id' | 'title' | 'feed_title' | 'section' | 'url' | 'site_url' | 'republish' | 'host'
>;

/** Maps a source row. Its title is the operator's, else the feed's own, else its host. */
export function toPublicSource(row: SourceColumns): PublicSource {
  return {
    ref: row.ref,
    id: row.id,
    title: row.title ?? row.feed_title ?? nameOf(row),
    section: row.section,
    url: row.url,
    siteUrl: row.site_url,
    republish: row.republish,
  };
}

/** The host; the id of a local feed, so that no path of this machine is published. */
function nameOf({ host, id }: Pick<SourceColumns, 'host' | 'id'>): string {
  return host === '' || isLocal({ host }) ? id : host;
}

function label(source: PublicSource): SourceLabel {
  return { id: source.id, title: source.title };
}

function textsOf(row: Row<'item'>, republish: Republish): Pick<Item, 'summary' | 'contentHtml'> {
  return {
    summary: republish === 'link' ? '' : row.summary,
    contentHtml: republish === 'full' ? row.content_html : '',
  };
}

/** Maps a stored item: with the current section, title and `republish` of its owner. */
export function toItem({ row, sources }: StoredItem): Item {
  const owner = sources.find((source) => source.ref === row.owner_ref);
  if (owner === undefined) throw new Error(`item ${row.id} has no appearance at its owner`);
  const others = sources.filter((source) => source !== owner);
  return {
    id: row.id,
    key: row.key,
    url: row.url,
    title: row.title,
    ...textsOf(row, owner.republish),
    author: row.author,
    language: row.language,
    section: owner.section,
    source: { ...label(owner), url: owner.url, siteUrl: owner.siteUrl },
    alsoIn: others.map(label),
    sections: [...new Set([owner, ...others].map((source) => source.section))],
    republish: owner.republish,
    categories: fromJson<readonly string[]>(row.categories),
    enclosures: fromJson<readonly Enclosure[]>(row.enclosures),
    imageUrl: row.image_url,
    publishedMs: row.published_ms,
    updatedMs: row.updated_ms,
    firstSeenMs: row.first_seen_ms,
    sortMs: row.sort_ms,
    revision: row.revision,
    backfill: row.backfill === 1,
    withdrawnMs: row.withdrawn_ms,
    withdrawalReason: row.withdrawal_reason,
  };
}

/** Reads items with all their sources, by id. Unknown ids are absent from the result. Runs two statements. */
export async function readStoredItems(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, StoredItem>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('item').selectAll().where('id', 'in', valueList(db, ids)).execute();
  const appearances = await db
    .selectFrom('appearance')
    .innerJoin('source', 'source.ref', 'appearance.source_ref')
    .select(['appearance.item_id', 'ref', 'source.id', 'title', 'feed_title', 'section', 'url', 'site_url'])
    .select(['republish', 'host'])
    .where('appearance.item_id', 'in', valueList(db, ids))
    .orderBy('appearance.item_id')
    .orderBy('appearance.id')
    .execute();
  const sources = Map.groupBy(appearances, (appearance) => appearance.item_id);
  return new Map(rows.map((row) => [row.id, { row, sources: (sources.get(row.id) ?? []).map(toPublicSource) }]));
}
