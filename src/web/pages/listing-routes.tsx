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
/** How many of the newest items are searched for a lead with a picture, and for the row below it. */
const leadSearchDepth = 8;
const rowSearchDepth = 14;
const rowItems = 3;

/** A page that lists items: the front page, a section page or a source page. */
interface Listing {
  /** Null on the front page. */
  readonly title: string | null;
  readonly description: string;
  /** '' on the front page. */
  readonly path: string;
  readonly filter: Filter;
  readonly limitPerSource: boolean;
  readonly location: PageLocation;
  /** The source of a source page; null on other pages. */
  readonly source: SourceRow | null;
}

/** `/` */
export function frontPage(c: Context, services: PageServices): Promise<Response> {
  const { title } = services.site();
  const filter = { ...everything, backfill: true };
  const description = `${title}: the news of many sources in one stream.`;
  const location = { at: 'front' } as const;
  return sendListing(c, services, {
    title: null,
    description,
    path: '',
    filter,
    limitPerSource: true,
    location,
    source: null,
  });
}

/** `/sections/:section` */
export async function sectionPage(c: Context, services: PageServices): Promise<Response> {
  const section = await findSection(services, c.req.param('section') ?? '');
  return sendListing(c, services, {
    title: section,
    description: `${section}: the newest items of the section.`,
    path: `/sections/${encodeURIComponent(slug(section))}`,
    filter: { ...everything, backfill: true, sections: [slug(section)] },
    limitPerSource: true,
    location: { at: 'section', section },
    source: null,
  });
}

/** `/sources/:id` */
export async function sourcePage(c: Context, services: PageServices): Promise<Response> {
  const source = await findSource(services, c.req.param('id') ?? '');
  return sendListing(c, services, {
    title: source.title,
    description: `The newest items of ${source.title}.`,
    path: `/sources/${encodeURIComponent(source.id)}`,
    filter: { ...everything, backfill: true, sources: [source.id] },
    limitPerSource: false,
    location: { at: 'elsewhere' },
    source: toSourceRow(source),
  });
}

async function sendListing(c: Context, services: PageServices, listing: Listing): Promise<Response> {
  const before = parsePageCursor(new URL(c.req.url).searchParams);
  const { filter, limitPerSource } = listing;
  const [page, newsFeed] = await Promise.all([
    readItemsFor(c, services, { filter, limit: pageItems, before, limitPerSource }),
    readNewsFeed(services),
  ]);
  const context = createPageContext(services, listing.location);
  const featured = before === null && listing.source === null ? pickFeatured(page.items, context) : null;
  const canonical = `${services.publicUrl}${listing.path === '' ? '/' : listing.path}`;
  const content = (
    <>
      <main id="main" tabindex={-1}>
        <ListingContent
          listing={listing}
          items={page.items}
          featured={featured}
          isFirst={before === null}
          context={context}
        />
        <Pager path={canonical} next={page.next} />
      </main>
      <NewsFeed data={newsFeed} context={context} />
    </>
  );
  return sendPage(c, services, renderDocument(context, headOf(listing, canonical, featured), content));
}

function headOf(listing: Listing, canonical: string, featured: FeaturedItems | null): PageHead {
  const { title, description, path } = listing;
  return { title, description, canonical, feedPath: path, image: featured?.lead.imageUrl ?? null };
}

interface MatterProps {
  readonly listing: Listing;
  readonly items: readonly Item[];
  readonly featured: FeaturedItems | null;
  readonly isFirst: boolean;
  readonly context: PageContext;
}

function ListingContent({ listing, items, featured, isFirst, context }: MatterProps) {
  const { title, location, source } = listing;
  const within = location.at === 'section' ? location.section : null;
  const featuredItems = new Set(featured === null ? [] : [featured.lead, ...featured.row]);
  return (
    <>
      {title !== null && (
        <h1 class="page-title">
          <bdi>{title}</bdi>
        </h1>
      )}
      {source !== null && <SourceSummary row={source} context={context} />}
      {isFirst && (
        <NewItemsNotice search={null} section={within === null ? undefined : slug(within)} source={source?.id} />
      )}
      {featured !== null && <Lead item={featured.lead} currentSection={within} context={context} />}
      {featured !== null && <FeaturedRow items={featured.row} currentSection={within} context={context} />}
      {items.length === 0 && <NoItems />}
      <ItemList items={items.filter((item) => !featuredItems.has(item))} currentSection={within} context={context} />
    </>
  );
}

/** The items with large pictures at the top of a page. */
interface FeaturedItems {
  readonly lead: Item;
  /** Items with pictures: as many as fill the row, or none. */
  readonly row: readonly Item[];
}

/** The lead is the newest item with a picture if there is one near the top, else the newest item. */
function pickFeatured(items: readonly Item[], context: PageContext): FeaturedItems | null {
  const pictured = items.slice(0, rowSearchDepth).filter((item) => pictureUrlOf(item, context) !== null);
  const first = pictured.find((item) => items.indexOf(item) < leadSearchDepth);
  const lead = first ?? items[0];
  if (lead === undefined) return null;
  const seconds = pictured.filter((item) => item !== lead).slice(0, rowItems);
  return { lead, row: seconds.length === rowItems ? seconds : [] };
}
