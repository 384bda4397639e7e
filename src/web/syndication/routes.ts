import type { Context, Hono } from 'hono';
import { slug } from '../../domain/source.ts';
import { findSection, findSource } from '../find.ts';
import { feedPolicy, openToAll } from '../http/security-headers.ts';
import { send } from '../http/send.ts';
import type { AppParts } from '../parts.ts';
import { type QueryChoice, readChoice, writeChoice } from '../query.ts';
import type { Snapshot } from '../reads.ts';
import { renderAtom } from './atom.ts';
import { renderJson } from './json-feed.ts';
import { entryId, newestMs, type OutputFeed, toEntry } from './output-feed.ts';
import { RenderCache } from './render-cache.ts';
import { renderRss } from './rss.ts';

const cacheBytes = 16 * 1024 * 1024;
// Agrees with the ttl that the RSS says.
const cacheControl = 'public, max-age=300, stale-while-revalidate=600, stale-if-error=86400';

const formats = {
  rss: { render: renderRss, contentType: 'application/rss+xml; charset=utf-8' },
  atom: { render: renderAtom, contentType: 'application/atom+xml; charset=utf-8' },
  json: { render: renderJson, contentType: 'application/feed+json; charset=utf-8' },
} as const;

type Format = keyof typeof formats;

/** What part of the stream a feed's path names. */
interface Scope {
  /** '' or `/sections/world`, as it stands in URLs. */
  readonly path: string;
  readonly title: string;
  readonly choice: QueryChoice;
  /** What the reader chose within the path: what stands in the query. */
  readonly own: QueryChoice;
  /** False where one source is what was asked for. */
  readonly shared: boolean;
}

/** The output feeds, and the addresses at which people guess them. */
export function feedRoutes(app: Hono, parts: AppParts): void {
  const cache = new RenderCache(cacheBytes);
  for (const format of Object.keys(formats) as Format[]) {
    const answer = async (c: Context, scope: Promise<Scope> | Scope): Promise<Response> =>
      sendFeed(c, { format, scope: await scope, parts, cache });
    app.get(`/feed.${format}`, openToAll, (c) => answer(c, wholeScope(c, parts)));
    app.get(`/sections/:section/feed.${format}`, openToAll, (c) => answer(c, sectionScope(c, parts)));
    app.get(`/sources/:id/feed.${format}`, openToAll, (c) => answer(c, sourceScope(c, parts)));
  }
  const moved = (c: Context, to: string): Response =>
    c.redirect(`${parts.publicUrl()}${to}${new URL(c.req.url).search}`, 301);
  app.get('/rss.xml', (c) => moved(c, '/feed.rss'));
  app.get('/atom.xml', (c) => moved(c, '/feed.atom'));
  app.get('/feed', (c) => {
    c.header('Vary', 'Accept');
    return moved(c, `/feed.${wantedFormat(c.req.header('accept') ?? '')}`);
  });
}

/** The format that is asked for by name, the first of several; each has an address of its own. RSS when none is. */
function wantedFormat(accept: string): Format {
  const [, name = ''] = /\bapplication\/(atom|rss|feed|json)\b/i.exec(accept) ?? [];
  const format = name.toLowerCase();
  return format === 'feed' || format === 'json' ? 'json' : format === 'atom' ? 'atom' : 'rss';
}

/** Whether a path is an output feed's: its faults are told in plain text. */
export function isFeedPath(path: string): boolean {
  return /\/feed\.(rss|atom|json)$/.test(path);
}

async function sendFeed(
  c: Context,
  job: { format: Format; scope: Scope; parts: AppParts; cache: RenderCache },
): Promise<Response> {
  const { format, scope, parts, cache } = job;
  const withdrawals = format === 'atom' && scope.choice.before === null;
  const snapshot = await parts.reads.items({ ...scope.choice, share: scope.shared, withdrawals });
  const hub = parts.hubUrl?.() ?? null;
  // Whoever chose more finely than a path can has a feed of his own, which is no topic.
  const hubUrl = writeChoice(scope.own) === '' ? hub : null;
  const output = outputOf(snapshot, scope, { format, publicUrl: parts.publicUrl(), hubUrl });
  const { render, contentType } = formats[format];
  if (hub !== null) c.header('Link', linkHeader(output));
  const body = cache.body(format, output, () => render(output));
  c.header('Content-Security-Policy', feedPolicy);
  return send(c, body, { contentType, cacheControl, lastModifiedMs: lastModified(snapshot) });
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

function outputOf(snapshot: Snapshot, scope: Scope, to: Shape): OutputFeed {
  const { path, title, own } = scope;
  const at = (query: string): string => `${to.publicUrl}${path}/feed.${to.format}${query}`;
  const entries = snapshot.items.map((item) => toEntry(item, to.publicUrl));
  return {
    title,
    description: `News in one stream: ${title}`,
    homeUrl: `${to.publicUrl}${path === '' ? '/' : path}`,
    selfUrl: at(writeChoice(own)),
    hubUrl: to.hubUrl,
    nextUrl: snapshot.next === null ? null : at(writeChoice({ ...own, before: snapshot.next })),
    updatedMs: Math.max(newestMs(entries), snapshot.withdrawn[0]?.atMs ?? 0),
    entries,
    deleted: snapshot.withdrawn.map(({ key, atMs }) => ({ id: entryId(key), atMs })),
  };
}

/**
 * When anything last happened in the log: it never goes back, not even when the newest item is withdrawn, and all
 * nodes agree on it. Items seen later than the oldest event that is kept can only raise it.
 */
function lastModified(snapshot: Snapshot): number | null {
  const ms = snapshot.items.reduce((newest, item) => Math.max(newest, item.firstSeenMs), snapshot.changedMs ?? 0);
  return ms === 0 ? null : ms;
}

function wholeScope(c: Context, parts: AppParts): Scope {
  const choice = readChoice(new URL(c.req.url).searchParams);
  return { path: '', title: parts.site().title, choice, own: choice, shared: isUnchosen(choice) };
}

async function sectionScope(c: Context, parts: AppParts): Promise<Scope> {
  const choice = readChoice(new URL(c.req.url).searchParams);
  const section = await findSection(parts, c.req.param('section') ?? '');
  return {
    path: `/sections/${encodeURIComponent(slug(section))}`,
    title: `${parts.site().title}: ${section}`,
    choice: { ...choice, filter: { ...choice.filter, sections: [slug(section)] } },
    own: choice,
    shared: isUnchosen(choice),
  };
}

async function sourceScope(c: Context, parts: AppParts): Promise<Scope> {
  const choice = readChoice(new URL(c.req.url).searchParams);
  const source = await findSource(parts, c.req.param('id') ?? '');
  return {
    path: `/sources/${encodeURIComponent(source.id)}`,
    title: source.title,
    choice: { ...choice, filter: { ...choice.filter, sources: [source.id] } },
    own: choice,
    shared: false,
  };
}

/** One source's share of a page is bounded where the reader chose nothing finer than a section. */
function isUnchosen({ filter }: QueryChoice): boolean {
  return filter.sources.length === 0 && filter.categories.length === 0 && filter.q === null;
}
