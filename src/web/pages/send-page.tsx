import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { makeDateline } from '../../domain/dateline.ts';
import { formatCursor } from '../../domain/events/event.ts';
import { everything } from '../../domain/events/filter.ts';
import { slug } from '../../domain/slug.ts';
import type { ResponseCache } from '../http/cache/response-cache.ts';
import { CompressibleBody } from '../http/response/content-coding.ts';
import { send } from '../http/response/send.ts';
import type { StaticFiles } from '../http/routes/static-files.ts';
import { pagePolicy } from '../http/security/security-headers.ts';
import type { AppContext } from '../shared/app-context.ts';
import type { NewsFeedData } from '../views/items/news-feed.tsx';
import { formatDay } from '../views/layout/format-dateline.ts';
import { Layout } from '../views/layout/layout.tsx';
import type { PageContext, PageHead } from '../views/layout/page-context.ts';
import { type Links, makeLinks } from '../views/layout/view-links.ts';
import { readMostRead } from './most-read-data.ts';

const newsFeedItems = 40;

/** What the pages are made from. */
export interface PageServices extends AppContext {
  readonly files: StaticFiles;
  readonly responseCache: ResponseCache;
}

/** Where in the site a page stands: at a tab's own page, within a section, or at none of them. */
export type PageLocation =
  | { readonly at: 'front' }
  | { readonly at: 'section' | 'within-section'; readonly section: string }
  | { readonly at: 'elsewhere' };

/** The frame around a page. */
export function createPageContext(parts: PageServices, place: PageLocation): PageContext {
  const { title, timezone, dateline } = parts.site();
  const { pictureOrigins = [] } = parts;
  const links = makeLinks(parts.publicUrl(), parts.files.version);
  return {
    siteTitle: title,
    today: formatDay(parts.clock.now(), timezone),
    tabs: buildTabs(parts.sections(), { links, place }),
    links,
    isPictureAllowed: (url) =>
      url.startsWith('https://') || pictureOrigins.some((origin) => url.startsWith(`${origin}/`)),
    dateline: makeDateline(dateline, timezone),
    datelinePattern: dateline,
    timezone,
    hubUrl: parts.hubUrl?.() ?? null,
  };
}

function buildTabs(sections: readonly string[], at: { links: Links; place: PageLocation }): PageContext['tabs'] {
  const { links, place } = at;
  const mark = place.at === 'within-section' ? 'true' : 'page';
  const here = 'section' in place ? slug(place.section) : null;
  const front = { name: 'Front page', href: links.front, current: place.at === 'front' ? mark : null } as const;
  const tabs = sections.map((name) => {
    return { name, href: links.section(name), current: slug(name) === here ? mark : null } as const;
  });
  return [front, ...tabs];
}

/** What the News feed beside a page starts with: the newest of everything, and the place in the log to go on from. */
export async function readNewsFeed(parts: PageServices): Promise<NewsFeedData> {
  const filter = { ...everything, backfill: true };
  const [{ items, head }, mostRead] = await Promise.all([
    parts.reads.items({ filter, limit: newsFeedItems, before: null, limitPerSource: false }),
    readMostRead(parts),
  ]);
  return { items, cursor: formatCursor({ epoch: head.epoch, seq: head.head }), mostRead };
}

/** The whole document of a page. */
export function renderDocument(frame: PageContext, head: PageHead, matter: JSX.Element): string {
  const page = (
    <Layout frame={frame} head={head}>
      {matter}
    </Layout>
  );
  return `<!doctype html>${String(page)}`;
}

/**
 * Sends a page. It is asked for anew each time, and answered with 304 while nothing has happened.
 *
 * @param shared false: what stands in it changes without a commit, so that no other reader is given the same.
 */
export function sendPage(c: Context, parts: PageServices, document: string, shared = true): Promise<Response> {
  const body = new CompressibleBody(document);
  const onResponse = (headers: Headers): void => parts.responseCache.put(c, { body, headers, expiresWithMinute: true });
  c.header('Content-Security-Policy', pagePolicy(parts.pictureOrigins ?? []));
  const sending = { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' };
  return send(c, body, shared ? { ...sending, onResponse } : sending);
}
