import type { Context, Hono } from 'hono';
import type { ResponseCache } from '../http/cache/response-cache.ts';
import { consumeFeedQuota, type FeedLimit, requireFeedQuota } from '../http/limits/feed-limit.ts';
import { readItemsFor } from '../http/limits/query-limit.ts';
import { CompressibleBody } from '../http/response/compressible-body.ts';
import { send } from '../http/response/send.ts';
import { allowAnyOrigin, allowCorsPreflight, feedPolicy } from '../http/security/security-headers.ts';
import type { AppContext } from '../shared/app-context.ts';
import { formatItemsParams } from '../shared/query-params.ts';
import type { Snapshot } from '../shared/read-port.ts';
import { type FeedScope, sectionScope, sourceScope, wholeScope } from './feed-scope.ts';
import { entryId, newestUpdateMs, type OutputFeed, toEntry, toWithdrawalNotice } from './output-feed.ts';
import { renderAtom } from './render-atom.ts';
import { RenderCache } from './render-cache.ts';
import { renderJsonFeed } from './render-json-feed.ts';
import { renderOpml } from './render-opml.ts';
import { renderRss } from './render-rss.ts';

const cacheBytes = 16 * 1024 * 1024;
// Agrees with the ttl that the RSS says.
const cacheControl = 'public, max-age=300, stale-while-revalidate=600, stale-if-error=86400';

/**
 * Of everything that is XML. Feed readers take it for every format, and go by the root element. Browsers show the types
 * of RSS, Atom and OPML as plain text or save them; this one they show with the style that the document names. To choose
 * by request would need a Vary that splits every shared cache.
 */
const xmlType = 'text/xml; charset=utf-8';

const formats = {
  rss: { render: renderRss, contentType: xmlType },
  atom: { render: renderAtom, contentType: xmlType },
  json: { render: renderJsonFeed, contentType: 'application/feed+json; charset=utf-8' },
} as const;

type Format = keyof typeof formats;

/** What output feeds are made from. */
export interface FeedContext extends AppContext {
  readonly kept?: ResponseCache;
  /** How often one address may fetch one feed; absent: as often as it likes. */
  readonly limit?: FeedLimit;
}

/** The output feeds, what was rendered of them kept in `cache`, and the addresses at which people guess them. */
export function feedRoutes(app: Hono, parts: FeedContext, cache = new RenderCache(cacheBytes)): void {
  const open = (path: string, answer: (c: Context) => Response | Promise<Response>): void => {
    allowCorsPreflight(app, path);
    app.get(path, allowAnyOrigin, answer);
  };
  for (const format of Object.keys(formats) as Format[]) {
    const answer = async (c: Context, scope: Promise<FeedScope> | FeedScope): Promise<Response> =>
      sendFeed(c, { format, scope: await scope, parts, cache });
    open(`/feed.${format}`, (c) => answer(c, wholeScope(c, parts)));
    open(`/sections/:section/feed.${format}`, (c) => answer(c, sectionScope(c, parts)));
    open(`/sources/:id/feed.${format}`, (c) => answer(c, sourceScope(c, parts)));
  }
  open('/opml.xml', (c) => sendOpml(c, parts));
  const moved = (c: Context, to: string): Response =>
    c.redirect(`${parts.publicUrl()}${to}${new URL(c.req.url).search}`, 301);
  open('/rss.xml', (c) => moved(c, '/feed.rss'));
  open('/atom.xml', (c) => moved(c, '/feed.atom'));
  open('/feed', (c) => {
    c.header('Vary', 'Accept');
    // So that no shared cache holds one answer for each Accept.
    c.header('Cache-Control', 'no-store');
    return moved(c, `/feed.${wantedFormat(c.req.header('accept') ?? '')}`);
  });
}

/** The format that is asked for by name, the first of several; each has an address of its own. RSS when none is. */
function wantedFormat(accept: string): Format {
  const [, name = ''] = /\bapplication\/(atom|rss|feed|json)\b/i.exec(accept) ?? [];
  const format = name.toLowerCase();
  return format === 'feed' || format === 'json' ? 'json' : format === 'atom' ? 'atom' : 'rss';
}

/** Whether a path is an output feed's or the list of sources: its faults are told in plain text. */
export function isFeedPath(path: string): boolean {
  return /\/(feed\.(rss|atom|json)|opml\.xml)$/.test(path);
}

async function sendOpml(c: Context, parts: FeedContext): Promise<Response> {
  const feed = '/opml.xml';
  requireFeedQuota(c, parts, feed);
  const sources = (await parts.reads.sources()).filter(({ removed }) => !removed);
  const document = renderOpml({ title: parts.site().title, sections: parts.sections(), sources }, parts.publicUrl());
  c.header('Content-Security-Policy', feedPolicy);
  const admit = (): void => consumeFeedQuota(c, parts, feed);
  const body = new CompressibleBody(document);
  const keep = (headers: Headers): void => parts.kept?.put(c, { body, headers, expiresWithMinute: false, feed });
  return send(c, body, { contentType: xmlType, cacheControl, admit, keep });
}

async function sendFeed(
  c: Context,
  job: { format: Format; scope: FeedScope; parts: FeedContext; cache: RenderCache },
): Promise<Response> {
  const { format, scope, parts, cache } = job;
  const feed = `${scope.path}/feed.${format}`;
  requireFeedQuota(c, parts, feed);
  const withdrawals = scope.choice.before === null;
  const snapshot = await readItemsFor(c, parts, {
    ...scope.choice,
    limitPerSource: false,
    order: 'arrival',
    withdrawals,
  });
  const hub = parts.hubUrl?.() ?? null;
  // Whoever chose more finely than a path can has a feed of his own, which is no topic.
  const hubUrl = formatItemsParams(scope.query) === '' ? hub : null;
  const output = outputOf(snapshot, scope, { format, publicUrl: parts.publicUrl(), hubUrl });
  const { render, contentType } = formats[format];
  if (hub !== null) c.header('Link', linkHeader(output));
  const body = cache.body(format, output, () => render(output));
  c.header('Content-Security-Policy', feedPolicy);
  const admit = (): void => consumeFeedQuota(c, parts, feed);
  const keep = (headers: Headers): void => parts.kept?.put(c, { body, headers, expiresWithMinute: false, feed });
  return send(c, body, { contentType, cacheControl, lastModifiedMs: lastModified(snapshot), admit, keep });
}

/** WebSub discovery (W3C Recommendation of 23 January 2018, section 4): one header, and in it exactly one self. */
function linkHeader({ hubUrl, selfUrl }: OutputFeed): string {
  return `${hubUrl === null ? '' : `<${hubUrl}>; rel="hub", `}<${selfUrl}>; rel="self"`;
}

interface Shape {
  readonly format: Format;
  readonly publicUrl: string;
  readonly hubUrl: string | null;
}

function outputOf(snapshot: Snapshot, scope: FeedScope, to: Shape): OutputFeed {
  const { path, query } = scope;
  const title = query.filter.q === null ? scope.title : `${scope.title}: ${query.filter.q}`;
  const at = (query: string): string => `${to.publicUrl}${path}/feed.${to.format}${query}`;
  const entries = snapshot.items.map((item) => toEntry(item, to.publicUrl));
  return {
    title,
    description: `News in one stream: ${title}`,
    homeUrl: homeOf(scope, to.publicUrl),
    selfUrl: at(formatItemsParams(query)),
    styleUrl: `${new URL(to.publicUrl).pathname.replace(/\/$/, '')}/feed.css`,
    hubUrl: to.hubUrl,
    nextUrl: snapshot.next === null ? null : at(formatItemsParams({ ...query, before: snapshot.next })),
    updatedMs: Math.max(newestUpdateMs(entries, snapshot.changedMs ?? 0), snapshot.withdrawn[0]?.atMs ?? 0),
    entries,
    withdrawalNotices: snapshot.withdrawn
      .slice(0, scope.choice.limit)
      .flatMap(({ item, atMs }) => (item === null ? [] : [toWithdrawalNotice(item, atMs, to.publicUrl)])),
    tombstones: snapshot.withdrawn.map(({ key, atMs }) => ({ id: entryId(key), atMs })),
  };
}

/** The page that shows the same to people. */
function homeOf({ path, query }: FeedScope, publicUrl: string): string {
  if (path === '' && query.filter.q !== null)
    return `${publicUrl}/search?${new URLSearchParams({ q: query.filter.q })}`;
  return `${publicUrl}${path === '' ? '/' : path}`;
}

/**
 * When anything last happened in the log: it never goes back, not even when the newest item is withdrawn, and all
 * nodes agree on it. Items seen later than the oldest event that is kept can only raise it.
 */
function lastModified(snapshot: Snapshot): number | null {
  const ms = snapshot.items.reduce((newest, item) => Math.max(newest, item.firstSeenMs), snapshot.changedMs ?? 0);
  return ms === 0 ? null : ms;
}
