import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { formatCursor } from '../../domain/event.ts';
import { everything } from '../../domain/filter.ts';
import { slug } from '../../domain/source.ts';
import { Packed } from '../http/packed.ts';
import { pagePolicy } from '../http/security-headers.ts';
import { send } from '../http/send.ts';
import type { AppParts } from '../parts.ts';
import type { StaticFiles } from '../static-files.ts';
import { dayInWords, makeDateline } from '../views/dateline.ts';
import type { Frame, PageHead } from '../views/frame.ts';
import { Layout } from '../views/layout.tsx';
import { makeLinks } from '../views/links.ts';
import type { NewsFeedStart } from '../views/news-feed.tsx';

const newsFeedItems = 40;

/** What the pages are made from. */
export interface PageParts extends AppParts {
  readonly files: StaticFiles;
}

/** The frame around a page; `current` is the section whose tab is marked. */
export function frameOf(parts: PageParts, current: string | null): Frame {
  const { title, timezone, dateline } = parts.site();
  const links = makeLinks(parts.publicUrl(), parts.files.version);
  return {
    siteTitle: title,
    today: dayInWords(parts.clock.now(), timezone),
    tabs: parts.sections().map((name) => ({
      name,
      href: links.section(name),
      current: current !== null && slug(current) === slug(name),
    })),
    links,
    dateline: makeDateline(dateline, timezone),
    datelinePattern: dateline,
    timezone,
  };
}

/** What the News feed beside a page starts with: the newest of everything, and the place in the log to go on from. */
export async function newsFeedOf(parts: PageParts): Promise<NewsFeedStart> {
  const filter = { ...everything, backfill: true };
  const { items, head } = await parts.reads.items({ filter, limit: newsFeedItems, before: null, share: false });
  return { items, cursor: formatCursor({ epoch: head.epoch, seq: head.head }) };
}

/** The whole document of a page. */
export function documentOf(frame: Frame, head: PageHead, matter: JSX.Element): string {
  const page = (
    <Layout frame={frame} head={head}>
      {matter}
    </Layout>
  );
  return `<!doctype html>${String(page)}`;
}

/** Sends a page. It is asked for anew each time, and answered with 304 while nothing has happened. */
export function sendPage(c: Context, document: string): Promise<Response> {
  c.header('Content-Security-Policy', pagePolicy);
  return send(c, new Packed(document), { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' });
}
