import type { ItemDraft, NormalisedFeed } from '../../domain/items/item.ts';
import type { FeedIdentity } from '../../domain/polling/feed-continuity.ts';
import { publisherOf } from '../../domain/polling/hosts.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { readKnownItems } from './known-items.ts';

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
