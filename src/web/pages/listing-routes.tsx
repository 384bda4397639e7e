import type { Context } from 'hono';
import { everything, type Filter } from '../../domain/events/filter.ts';
import type { Item } from '../../domain/items/item.ts';
import { slug } from '../../domain/slug.ts';
import { findSection, findSource } from '../shared/find-resource.ts';
import { readItemsFor } from '../shared/query-limit.ts';
import { parsePageCursor } from '../shared/query-params.ts';
import { FeaturedRow, ItemList, Lead, NewItemsNotice, NoItems, Pager } from '../views/items/item-list.tsx';
import { pictureUrlOf } from '../views/items/item-parts.tsx';
import { NewsFeed } from '../views/items/news-feed.tsx';
import type { PageContext, PageHead } from '../views/layout/page-context.ts';
import { type SourceRow, SourceSummary } from '../views/source-summary.tsx';
import {
  createPageContext,
  type PageLocation,
  type PageServices,
  readNewsFeed,
  renderDocument,
  sendPage,
} from './send-page.tsx';
import { toSourceRow } from './sources-route.tsx';

const pageItems = 30;
/** How far down the page a lead with a picture is looked for, and those that stand below it. */
const leadSearchDepth = 8;
const rowSearchDepth = 14;
const rowItems = 3;

/** A page that lists items: the front page, a section's, a source's. */
interface Listing {
  /** Null on the front page. */
  readonly title: string | null;
  readonly description: string;
  /** '' on the front page. */
  readonly path: string;
  readonly filter: Filter;
  readonly limitPerSource: boolean;
  readonly place: PageLocation;
  /** Whose page it is; null: it is no source's. */
  readonly source: SourceRow | null;
}

/** `/` */
export function frontPage(c: Context, parts: PageServices): Promise<Response> {
  const { title } = parts.site();
  const filter = { ...everything, backfill: true };
  const description = `${title}: the news of many sources in one stream, as it comes in.`;
  const place = { at: 'front' } as const;
  return sendListing(c, parts, {
    title: null,
    description,
    path: '',
    filter,
    limitPerSource: true,
    place,
    source: null,
  });
}

/** `/sections/:section` */
export async function sectionPage(c: Context, parts: PageServices): Promise<Response> {
  const section = await findSection(parts, c.req.param('section') ?? '');
  return sendListing(c, parts, {
    title: section,
    description: `${section}: the newest items of the section.`,
    path: `/sections/${encodeURIComponent(slug(section))}`,
    filter: { ...everything, backfill: true, sections: [slug(section)] },
    limitPerSource: true,
    place: { at: 'section', section },
    source: null,
  });
}

/** `/sources/:id` */
export async function sourcePage(c: Context, parts: PageServices): Promise<Response> {
  const source = await findSource(parts, c.req.param('id') ?? '');
  return sendListing(c, parts, {
    title: source.title,
    description: `The newest items of ${source.title}.`,
    path: `/sources/${encodeURIComponent(source.id)}`,
    filter: { ...everything, backfill: true, sources: [source.id] },
    limitPerSource: false,
    place: { at: 'elsewhere' },
    source: toSourceRow(source),
  });
}

async function sendListing(c: Context, parts: PageServices, listing: Listing): Promise<Response> {
  const before = parsePageCursor(new URL(c.req.url).searchParams);
  const { filter, limitPerSource } = listing;
  const [page, start] = await Promise.all([
    readItemsFor(c, parts, { filter, limit: pageItems, before, limitPerSource }),
    readNewsFeed(parts),
  ]);
  const frame = createPageContext(parts, listing.place);
  const opened = before === null && listing.source === null ? pickFeatured(page.items, frame) : null;
  const canonical = `${parts.publicUrl()}${listing.path === '' ? '/' : listing.path}`;
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <ListingContent listing={listing} items={page.items} opened={opened} isFirst={before === null} frame={frame} />
        <Pager path={canonical} next={page.next} />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, renderDocument(frame, headOf(listing, canonical, opened), matter));
}

function headOf(listing: Listing, canonical: string, opened: FeaturedItems | null): PageHead {
  const { title, description, path } = listing;
  return { title, description, canonical, feedPath: path, image: opened?.lead.imageUrl ?? null };
}

interface MatterProps {
  readonly listing: Listing;
  readonly items: readonly Item[];
  readonly opened: FeaturedItems | null;
  readonly isFirst: boolean;
  readonly frame: PageContext;
}

function ListingContent({ listing, items, opened, isFirst, frame }: MatterProps) {
  const { title, place, source } = listing;
  const within = place.at === 'section' ? place.section : null;
  const shown = new Set(opened === null ? [] : [opened.lead, ...opened.row]);
  return (
    <>
      {title !== null && (
        <h1 class="page-title">
          <bdi>{title}</bdi>
        </h1>
      )}
      {source !== null && <SourceSummary row={source} frame={frame} />}
      {isFirst && (
        <NewItemsNotice search={null} section={within === null ? undefined : slug(within)} source={source?.id} />
      )}
      {opened !== null && <Lead item={opened.lead} currentSection={within} frame={frame} />}
      {opened !== null && <FeaturedRow items={opened.row} currentSection={within} frame={frame} />}
      {items.length === 0 && <NoItems />}
      <ItemList items={items.filter((item) => !shown.has(item))} currentSection={within} frame={frame} />
    </>
  );
}

/** What opens a page. */
interface FeaturedItems {
  readonly lead: Item;
  /** With a picture each; none, or as many as fill a row. */
  readonly row: readonly Item[];
}

/** The lead is the newest item with a picture, if one stands near the top, else the newest; then a row with pictures. */
function pickFeatured(items: readonly Item[], frame: PageContext): FeaturedItems | null {
  const pictured = items.slice(0, rowSearchDepth).filter((item) => pictureUrlOf(item, frame) !== null);
  const first = pictured.find((item) => items.indexOf(item) < leadSearchDepth);
  const lead = first ?? items[0];
  if (lead === undefined) return null;
  const seconds = pictured.filter((item) => item !== lead).slice(0, rowItems);
  return { lead, row: seconds.length === rowItems ? seconds : [] };
}
