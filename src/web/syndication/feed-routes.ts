import { type Context, Hono } from 'hono';
import { feedFileName, type OutputFormatName, outputFormats, xmlContentType } from '../../domain/output-formats.ts';
import { slug } from '../../domain/slug.ts';
import type { TopicDocument } from '../../push/websub/hub-store.ts';
import type { ResponseCache } from '../http/cache/response-cache.ts';
import { CompressibleBody, send } from '../http/response/send.ts';
import { allowAnyOrigin, allowCorsPreflight, feedPolicy } from '../http/security/security-headers.ts';
import type { AppContext } from '../shared/app-context.ts';
import { findSection, findSource } from '../shared/find-resource.ts';
import { readItemsFor } from '../shared/query-limit.ts';
import { formatItemsParams, type ItemsParams, parseItemsParams } from '../shared/query-params.ts';
import type { Snapshot } from '../shared/read-port.ts';
import { RequestError } from '../shared/request-error.ts';
import { type FeedLimit, feedQuota } from './feed-limit.ts';
import { entryId, newestUpdateMs, type OutputFeed, toEntry, toWithdrawalNotice } from './output-feed.ts';
import { renderAtom } from './render-atom.ts';
import { renderJsonFeed } from './render-json-feed.ts';
import { renderOpml } from './render-opml.ts';
import { renderRss } from './render-rss.ts';

// The ttl of the RSS is the same.
const cacheControl = 'public, max-age=300, stale-while-revalidate=600, stale-if-error=86400';

const renderers: Readonly<Record<OutputFormatName, (feed: OutputFeed) => string>> = {
  rss: renderRss,
  atom: renderAtom,
  json: renderJsonFeed,
};

type Format = (typeof outputFormats)[number];

/** What output feeds are built from. */
export interface FeedContext extends AppContext {
  /** Null: responses are not cached. */
  readonly responseCache: ResponseCache | null;
  /** Null: fetches are not limited. */
  readonly feedLimit: FeedLimit | null;
}

/** The part of the stream that a feed's path names. */
interface FeedScope {
  /** `''` or `/sections/world`. */
  readonly path: string;
  readonly title: string;
  /** Path and query together. */
  readonly selection: ItemsParams;
  /** What the query adds to the path. */
  readonly query: ItemsParams;
}

/** The routes of output feeds and of the OPML list, with redirects from addresses that readers guess. */
export function feedRoutes(app: Hono, context: FeedContext): void {
  const open = (path: string, answer: (c: Context) => Response | Promise<Response>): void => {
    allowCorsPreflight(app, path);
    app.get(path, allowAnyOrigin, answer);
  };
  const redirect = (c: Context, path: string): Response =>
    c.redirect(`${context.publicUrl}${path}${new URL(c.req.url).search}`, 301);
  for (const format of outputFormats) {
    const answer = async (c: Context, scope: Promise<FeedScope> | FeedScope): Promise<Response> =>
      sendFeed(c, { format, scope: await scope, context });
    open(`/feed.${format.name}`, (c) => answer(c, wholeScope(c, context)));
    open(`/sections/:section/feed.${format.name}`, (c) => answer(c, sectionScope(c, context)));
    open(`/sources/:id/feed.${format.name}`, (c) => answer(c, sourceScope(c, context)));
    if (format.alias !== null) open(format.alias, (c) => redirect(c, `/feed.${format.name}`));
  }
  open('/opml.xml', (c) => sendOpml(c, context));
  open('/feed', (c) => {
    c.header('Vary', 'Accept');
    // Otherwise a shared cache would store one redirect for each Accept header.
    c.header('Cache-Control', 'no-store');
    return redirect(c, `/feed.${acceptedFormat(c.req.header('accept') ?? '').name}`);
  });
}

/** The first format that an Accept header names, else the default. */
function acceptedFormat(accept: string): Format {
  const names = outputFormats.flatMap(({ accepted }) => accepted);
  const [, name] = new RegExp(`\\bapplication/(${names.join('|')})\\b`, 'i').exec(accept) ?? [];
  const wanted = name?.toLowerCase();
  return outputFormats.find(({ accepted }) => accepted.some((one) => one === wanted)) ?? outputFormats[0];
}

/** Whether a path is that of an output feed or of the OPML list. Their errors are plain text. */
export function isFeedPath(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === 'opml.xml' || feedFileName.test(name);
}

/** All items. */
function wholeScope(c: Context, { site }: AppContext): FeedScope {
  const params = paramsOf(c);
  return { path: '', title: site().title, selection: params, query: params };
}

/** One section. */
async function sectionScope(c: Context, context: AppContext): Promise<FeedScope> {
  const params = paramsOf(c);
  const section = await findSection(context, c.req.param('section') ?? '');
  return {
    path: `/sections/${encodeURIComponent(slug(section))}`,
    title: `${context.site().title}: ${section}`,
    selection: { ...params, filter: { ...params.filter, sections: [slug(section)] } },
    query: { ...params, filter: { ...params.filter, sections: [] } },
  };
}

/** The items that one source has, whether it owns them or not. */
async function sourceScope(c: Context, context: AppContext): Promise<FeedScope> {
  const params = paramsOf(c);
  const source = await findSource(context, c.req.param('id') ?? '');
  return {
    path: `/sources/${encodeURIComponent(source.id)}`,
    title: source.title,
    selection: { ...params, filter: { ...params.filter, sources: [source.id] } },
    query: { ...params, filter: { ...params.filter, sources: [] } },
  };
}

function paramsOf(c: Context): ItemsParams {
  return parseItemsParams(new URL(c.req.url).searchParams);
}

async function sendOpml(c: Context, context: FeedContext): Promise<Response> {
  const path = '/opml.xml';
  const quota = feedQuota(c, context.feedLimit, path);
  quota.check();
  const sources = (await context.reads.sources()).filter(({ removed }) => !removed);
  const list = { title: context.site().title, sections: context.sections(), sources };
  const document = renderOpml(list, context.publicUrl);
  return sendDocument(c, context, { document, path, quota, contentType: xmlContentType, lastModifiedMs: null });
}

async function sendFeed(
  c: Context,
  { format, scope, context }: { readonly format: Format; readonly scope: FeedScope; readonly context: FeedContext },
): Promise<Response> {
  const path = `${scope.path}/feed.${format.name}`;
  const quota = feedQuota(c, context.feedLimit, path);
  quota.check();
  const withdrawals = scope.selection.before === null;
  const query = { ...scope.selection, limitPerSource: false, order: 'arrival', withdrawals } as const;
  const snapshot = await readItemsFor(c, context, query);
  const hub = context.hubUrl?.() ?? null;
  // A feed with a query is not a topic: its readers cannot subscribe to it.
  const hubUrl = formatItemsParams(scope.query) === '' ? hub : null;
  const feed = toOutputFeed(snapshot, scope, { format: format.name, publicUrl: context.publicUrl, hubUrl });
  if (hub !== null) c.header('Link', linkHeader(feed));
  const { contentType } = format;
  const document = renderers[format.name](feed);
  return sendDocument(c, context, { document, path, quota, contentType, lastModifiedMs: lastModified(snapshot) });
}

interface FeedDocument {
  readonly document: string;
  /** The canonical path, without the query. */
  readonly path: string;
  readonly quota: ReturnType<typeof feedQuota>;
  readonly contentType: string;
  readonly lastModifiedMs: number | null;
}

function sendDocument(c: Context, { responseCache }: FeedContext, feed: FeedDocument): Promise<Response> {
  const { document, path, quota, contentType, lastModifiedMs } = feed;
  c.header('Content-Security-Policy', feedPolicy);
  const body = new CompressibleBody(document);
  return send(c, body, {
    ...{ contentType, cacheControl, lastModifiedMs },
    beforeBody: () => quota.consume(),
    onResponse: (headers) => responseCache?.put(c, { body, headers, expiresWithMinute: false, limitedFeed: path }),
  });
}

/** WebSub discovery (W3C Recommendation of 23 January 2018, section 4): one header with exactly one `self`. */
function linkHeader({ hubUrl, selfUrl }: OutputFeed): string {
  return `${hubUrl === null ? '' : `<${hubUrl}>; rel="hub", `}<${selfUrl}>; rel="self"`;
}

interface FeedAddress {
  readonly format: OutputFormatName;
  readonly publicUrl: string;
  readonly hubUrl: string | null;
}

function toOutputFeed(snapshot: Snapshot, scope: FeedScope, { format, publicUrl, hubUrl }: FeedAddress): OutputFeed {
  const { path, query } = scope;
  const title = query.filter.q === null ? scope.title : `${scope.title}: ${query.filter.q}`;
  const urlWith = (params: ItemsParams): string => `${publicUrl}${path}/feed.${format}${formatItemsParams(params)}`;
  const entries = snapshot.items.map((item) => toEntry(item, publicUrl));
  return {
    title,
    description: `News in one stream: ${title}`,
    homeUrl: homeUrlOf(scope, publicUrl),
    selfUrl: urlWith(query),
    styleUrl: `${new URL(publicUrl).pathname.replace(/\/$/, '')}/feed.css`,
    hubUrl,
    nextUrl: snapshot.next === null ? null : urlWith({ ...query, before: snapshot.next }),
    updatedMs: Math.max(newestUpdateMs(entries, snapshot.changedMs ?? 0), snapshot.withdrawn[0]?.atMs ?? 0),
    entries,
    withdrawalNotices: snapshot.withdrawn
      .slice(0, scope.selection.limit)
      .flatMap(({ item, atMs }) => (item === null ? [] : [toWithdrawalNotice(item, atMs, publicUrl)])),
    tombstones: snapshot.withdrawn.map(({ key, atMs }) => ({ id: entryId(key), atMs })),
  };
}

/** The page that shows the same items. */
function homeUrlOf({ path, query }: FeedScope, publicUrl: string): string {
  const { q } = query.filter;
  if (path === '' && q !== null) return `${publicUrl}/search?${new URLSearchParams({ q })}`;
  return `${publicUrl}${path === '' ? '/' : path}`;
}

/**
 * The time of the newest event of the log. It never decreases, not even when the newest item is withdrawn, and it is the
 * same on all nodes. An item that was first seen after the oldest stored event can only raise it.
 */
function lastModified(snapshot: Snapshot): number | null {
  const ms = snapshot.items.reduce((newest, item) => Math.max(newest, item.firstSeenMs), snapshot.changedMs ?? 0);
  return ms === 0 ? null : ms;
}

/**
 * Reads the document of a WebSub topic: the same bytes, media type and links that a GET of the topic returns (W3C
 * Recommendation of 23 January 2018, section 7).
 */
export function createTopicReader(context: AppContext): (topic: string) => Promise<TopicDocument | null> {
  const feeds = new Hono();
  feeds.onError((error, c) => {
    if (error instanceof RequestError && error.problem.status === 404) return c.body(null, 404);
    throw error;
  });
  feedRoutes(feeds, { ...context, responseCache: null, feedLimit: null });
  return async (topic) => {
    const base = context.publicUrl;
    if (!topic.startsWith(`${base}/`)) return null;
    const response = await feeds.request(topic.slice(base.length));
    if (response.status === 404) return null;
    if (response.status !== 200) throw new Error(`cannot read the topic ${topic}: status ${response.status}`);
    const { headers } = response;
    const link = headers.get('link') ?? '';
    return {
      body: new Uint8Array(await response.arrayBuffer()),
      contentType: headers.get('content-type') ?? '',
      link,
      self: /<([^>]*)>; rel="self"/.exec(link)?.[1] ?? '',
      tag: headers.get('etag') ?? '',
    };
  };
}
