import type { ItemDraft, NormalisedFeed } from '../../domain/items/item.ts';
import type { FeedIdentity } from '../../domain/polling/feed-continuity.ts';
import { publisherOf } from '../../domain/polling/hosts.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { readKnownItems } from './known-items.ts';

/** How a document joins on to what its source has shown before. */
export interface Continuity {
  /** Those new to its source, by their ids and by their links, in the order of the drafts. */
  readonly unknownEntries: readonly ItemDraft[];
  /** Who the source said it was, when the document calls itself something else of somewhere else; null: no change. */
  readonly previousIdentity: FeedIdentity | null;
}

type Named = Pick<Row<'source'>, 'ref' | 'id' | 'feed_title' | 'site_url'>;

function identityBefore(row: Named, digest: Pick<NormalisedFeed, 'feedTitle' | 'siteUrl'>): FeedIdentity | null {
  const site = publisherOf(row.site_url);
  const siteNow = publisherOf(digest.siteUrl);
  const { feed_title: title } = row;
  if (title === null || site === null || digest.feedTitle === null || siteNow === null) return null;
  return title !== digest.feedTitle && site !== siteNow ? { title, site } : null;
}

/** Compares a document, before it is stored, with what is stored of its source. */
export async function readContinuity(
  db: Db,
  sourceId: string,
  digest: Pick<NormalisedFeed, 'drafts' | 'feedTitle' | 'siteUrl'>,
): Promise<Continuity> {
  const { drafts } = digest;
  const row = await db
    .selectFrom('source')
    .select(['ref', 'id', 'feed_title', 'site_url'])
    .where('id', '=', sourceId)
    .executeTakeFirst();
  if (row === undefined) return { unknownEntries: drafts, previousIdentity: null };
  const { entries, items } = await readKnownItems(db, row, drafts);
  const isKnown = ({ entryKey, canonicalUrl }: ItemDraft): boolean =>
    entries.has(entryKey) || (canonicalUrl !== null && (items.get(canonicalUrl)?.ownEntry ?? null) !== null);
  return { unknownEntries: drafts.filter((draft) => !isKnown(draft)), previousIdentity: identityBefore(row, digest) };
}
