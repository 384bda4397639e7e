import type { Context } from 'hono';
import { everything, type Filter } from '../../domain/filter.ts';
import type { Item } from '../../domain/item.ts';
import { slug } from '../../domain/source.ts';
import { findSection, findSource } from '../find.ts';
import { readChoice } from '../query.ts';
import type { Frame } from '../views/frame.ts';
import { ItemList, Lead, NoNews, Pager } from '../views/item-list.tsx';
import { pictureOf } from '../views/item-parts.tsx';
import { NewsFeed } from '../views/news-feed.tsx';
import { documentOf, frameOf, newsFeedOf, type PageParts, type Place, sendPage } from './page.tsx';

const pageItems = 30;
/** How far down the page a lead with a picture is looked for. */
const leadDepth = 8;

/** A page that lists items: the front page, a section's, a source's. */
interface Listing {
  /** Null on the front page. */
  readonly title: string | null;
  readonly description: string;
  /** '' on the front page. */
  readonly path: string;
  readonly filter: Filter;
  readonly share: boolean;
  readonly place: Place;
}

/** `/` */
export function frontPage(c: Context, parts: PageParts): Promise<Response> {
  const { title } = parts.site();
  const filter = { ...everything, backfill: true };
  const description = `${title}: the news of many sources in one stream, as it comes in.`;
  return sendListing(c, parts, { title: null, description, path: '', filter, share: true, place: { at: 'front' } });
}

/** `/sections/:section` */
export async function sectionPage(c: Context, parts: PageParts): Promise<Response> {
  const section = await findSection(parts, c.req.param('section') ?? '');
  return sendListing(c, parts, {
    title: section,
    description: `${section}: the newest items of the section.`,
    path: `/sections/${encodeURIComponent(slug(section))}`,
    filter: { ...everything, backfill: true, sections: [slug(section)] },
    share: true,
    place: { at: 'section', section },
  });
}

/** `/sources/:id` */
export async function sourcePage(c: Context, parts: PageParts): Promise<Response> {
  const source = await findSource(parts, c.req.param('id') ?? '');
  return sendListing(c, parts, {
    title: source.title,
    description: `The newest items of ${source.title}.`,
    path: `/sources/${encodeURIComponent(source.id)}`,
    filter: { ...everything, backfill: true, sources: [source.id] },
    share: false,
    place: { at: 'elsewhere' },
  });
}

async function sendListing(c: Context, parts: PageParts, listing: Listing): Promise<Response> {
  const { before } = readChoice(new URL(c.req.url).searchParams);
  const { filter, share, path } = listing;
  const [page, start] = await Promise.all([
    parts.reads.items({ filter, limit: pageItems, before, share }),
    newsFeedOf(parts),
  ]);
  const frame = frameOf(parts, listing.place);
  const within = listing.place.at === 'section' ? listing.place.section : null;
  const lead = listing.title === null && before === null ? leadOf(page.items, frame) : null;
  const canonical = `${parts.publicUrl()}${path === '' ? '/' : path}`;
  const head = { title: listing.title, description: listing.description, canonical, feedPath: path };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        {listing.title !== null && (
          <h1 class="page-title">
            <bdi>{listing.title}</bdi>
          </h1>
        )}
        {lead !== null && <Lead item={lead} frame={frame} />}
        {page.items.length === 0 && <NoNews />}
        <ItemList items={page.items.filter((item) => item !== lead)} within={within} frame={frame} />
        <Pager path={canonical} next={page.next} />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, documentOf(frame, head, matter));
}

/** The newest item with a picture, if one stands near the top; else the newest. */
function leadOf(items: readonly Item[], frame: Frame): Item | null {
  return items.slice(0, leadDepth).find((item) => pictureOf(item, frame) !== null) ?? items[0] ?? null;
}
