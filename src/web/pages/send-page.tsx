import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { makeDateline } from '../../domain/dateline.ts';
import { formatCursor } from '../../domain/events/event.ts';
import { everything } from '../../domain/events/filter.ts';
import type { MostRead } from '../../domain/items/item-counts.ts';
import { slug } from '../../domain/slug.ts';
import type { ResponseCache } from '../http/cache/response-cache.ts';
import { CompressibleBody, send } from '../http/response/send.ts';
import type { StaticFiles } from '../http/routes/static-files.ts';
import { pagePolicy } from '../http/security/security-headers.ts';
import type { AppContext } from '../shared/app-context.ts';
import { RequestError } from '../shared/request-error.ts';
import type { MostReadLists } from '../views/items/most-read-view.tsx';
import type { NewsFeedData } from '../views/items/news-feed.tsx';
import { formatDay } from '../views/layout/format-dateline.ts';
import { Layout } from '../views/layout/layout.tsx';
import type { PageContext, PageHead } from '../views/layout/page-context.ts';
import { type Links, makeLinks } from '../views/layout/view-links.ts';

const newsFeedItems = 40;

/** What the pages need: the services of the web, its files and its cache. */
export interface PageServices extends AppContext {
  readonly files: StaticFiles;
  readonly responseCache: ResponseCache;
}

/** Which tab is current: the tab of the page itself, the tab of a section above the page, or none. */
export type PageLocation =
  | { readonly at: 'front' }
  | { readonly at: 'section' | 'within-section'; readonly section: string }
  | { readonly at: 'elsewhere' };

/** Creates what every page needs besides its content. */
export function createPageContext(services: PageServices, location: PageLocation): PageContext {
  const { title, timezone, dateline } = services.site();
  const { pictureOrigins = [] } = services;
  const links = makeLinks(services.publicUrl, services.files.version);
  return {
    siteTitle: title,
    today: formatDay(services.clock.now(), timezone),
    tabs: buildTabs(services.sections(), { links, location }),
    links,
    isPictureAllowed: (url) =>
      url.startsWith('https://') || pictureOrigins.some((origin) => url.startsWith(`${origin}/`)),
    dateline: makeDateline(dateline, timezone),
    datelinePattern: dateline,
    timezone,
    hubUrl: services.hubUrl?.() ?? null,
  };
}

function buildTabs(sections: readonly string[], to: { links: Links; location: PageLocation }): PageContext['tabs'] {
  const { links, location } = to;
  const current = location.at === 'within-section' ? 'true' : 'page';
  const currentSlug = 'section' in location ? slug(location.section) : null;
  const front = { name: 'Front page', href: links.front, current: location.at === 'front' ? current : null } as const;
  const tabs = sections.map((name) => {
    return { name, href: links.section(name), current: slug(name) === currentSlug ? current : null } as const;
  });
  return [front, ...tabs];
}

/** Reads the sidebar: the newest items with their log cursor, and the most read items. */
export async function readNewsFeed(services: PageServices): Promise<NewsFeedData> {
  const filter = { ...everything, backfill: true };
  const [{ items, head }, mostRead] = await Promise.all([
    services.reads.items({ filter, limit: newsFeedItems, before: null, limitPerSource: false }),
    readMostRead(services),
  ]);
  return { items, cursor: formatCursor({ epoch: head.epoch, seq: head.head }), mostRead };
}

/** Empty lists when reads are not counted, and when the query queue is full: the page is sent without them. */
async function readMostRead({ readers }: PageServices): Promise<MostReadLists> {
  if (readers === null) return { day: [], week: [] };
  const listOf = (hours: number): Promise<readonly MostRead[]> => readers.mostRead(hours).catch(emptyWhenOverloaded);
  const [day, week] = await Promise.all([listOf(24), listOf(168)]);
  return { day, week };
}

function emptyWhenOverloaded(error: unknown): readonly MostRead[] {
  if (error instanceof RequestError && error.status === 503) return [];
  throw error;
}

/** Renders the HTML document of a page. */
export function renderDocument(context: PageContext, head: PageHead, content: JSX.Element): string {
  const page = (
    <Layout context={context} head={head}>
      {content}
    </Layout>
  );
  return `<!doctype html>${String(page)}`;
}

/**
 * Sends a page. Browsers revalidate it each time (`no-cache`) and receive 304 while it has not changed.
 *
 * @param isCacheable false: the page shows data that change without a commit, so that no cached copy of it is sent.
 */
export function sendPage(c: Context, services: PageServices, document: string, isCacheable = true): Promise<Response> {
  const body = new CompressibleBody(document);
  const onResponse = (headers: Headers): void =>
    services.responseCache.put(c, { body, headers, expiresWithMinute: true });
  c.header('Content-Security-Policy', pagePolicy(services.pictureOrigins ?? []));
  const sending = { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' };
  return send(c, body, isCacheable ? { ...sending, onResponse } : sending);
}
