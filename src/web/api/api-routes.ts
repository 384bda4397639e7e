import type { Context, Hono } from 'hono';
import { formatCursor } from '../../domain/events/event.ts';
import { parseFilterParams } from '../../domain/events/parse-filter.ts';
import type { ItemsPage, WireItem } from '../../domain/events/wire.ts';
import { toWireBody } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import type { MostRead } from '../../domain/items/item-counts.ts';
import { slug } from '../../domain/slug.ts';
import { parseFilters } from '../../push/fanout/event-filter.ts';
import { toPublicComment } from '../comments/public-comment.ts';
import { allowAnyOrigin, allowCorsPreflight } from '../http/security/security-headers.ts';
import { commentsPerPage } from '../readers/comment-outcome.ts';
import type { AppContext } from '../shared/app-context.ts';
import { findItem } from '../shared/find-resource.ts';
import { readItemsFor } from '../shared/query-limit.ts';
import { parseItemsParams, parsePageSize, rejectUnknownParams } from '../shared/query-params.ts';
import type { ItemsQuery } from '../shared/read-port.ts';
import { badRequest, notFound } from '../shared/request-error.ts';
import { createAsyncApi } from './asyncapi.ts';
import { eventsRoute } from './events-route.ts';
import { toPublicSource } from './public-source.ts';
import { sendJson } from './send-json.ts';

/** The routes of the JSON API. Errors are `{"error":{"code","message"}}`. */
export function apiRoutes(app: Hono, parts: AppContext): void {
  app.use('/api/*', allowAnyOrigin);
  allowCorsPreflight(app, '/api/*');
  app.get('/api/items', (c) => answerItems(c, parts));
  app.get('/api/items/:id', (c) => answerItem(c, parts));
  app.get('/api/sources', async (c) => {
    rejectParams(c);
    const sources = await parts.reads.sources();
    return sendJson(c, { sources: sources.filter(({ removed }) => !removed).map(toPublicSource) });
  });
  app.get('/api/sections', async (c) => {
    rejectParams(c);
    return sendJson(c, { sections: await sectionsOf(parts) });
  });
  app.get('/api/asyncapi.json', (c) => {
    rejectParams(c);
    return sendJson(c, createAsyncApi({ publicUrl: parts.publicUrl, version: parts.version }));
  });
  app.get('/api/most-read', (c) => answerMostRead(c, parts));
  app.get('/api/items/:id/comments', (c) => answerComments(c, parts));
  eventsRoute(app, parts);
}

/** Refuses all parameters. */
function rejectParams(c: Context): void {
  rejectUnknownParams(new URL(c.req.url).searchParams, []);
}

async function answerItems(c: Context, parts: AppContext): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  const snapshot = await readItemsFor(c, parts, readItemsQuery(params));
  const page: ItemsPage = {
    items: snapshot.items.map((item) => toWireItem(item, parts.publicUrl)),
    cursor: formatCursor({ epoch: snapshot.head.epoch, seq: snapshot.head.head }),
    next: snapshot.next,
  };
  return sendJson(c, page);
}

/** One item, with all of its text. */
async function answerItem(c: Context, parts: AppContext): Promise<Response> {
  rejectParams(c);
  const item = await findItem(parts, c.req.param('id') ?? '');
  const { htmlOmitted: _long, ...wire } = toWireItem(item, parts.publicUrl);
  return sendJson(c, item.contentHtml === '' ? wire : { ...wire, html: item.contentHtml });
}

function toWireItem(item: Item, publicUrl: string): WireItem {
  const { id, url, ...rest } = toWireBody(item);
  return { id, url, page: `${publicUrl}/items/${id}`, ...rest };
}

/** The tabs in their order, then the sections that only stored items have. */
async function sectionsOf(parts: AppContext): Promise<object[]> {
  const stored = new Map((await parts.reads.sections()).map(({ name, items }) => [name, items]));
  const names = new Set([...parts.sections(), ...stored.keys()]);
  return [...names].map((name) => ({ name, slug: slug(name), items: stored.get(name) ?? 0 }));
}

/** The approved comments of an item, newest first. */
async function answerComments(c: Context, parts: AppContext): Promise<Response> {
  const { readers } = parts;
  const params = new URL(c.req.url).searchParams;
  rejectUnknownParams(params, ['limit', 'before']);
  const before = readBefore(params.get('before'));
  const limit = parsePageSize(params.get('limit'), commentsPerPage);
  const item = await findItem(parts, c.req.param('id') ?? '');
  if (readers === null || parts.site().comments === 'off') throw notFound('Comments are turned off on this server.');
  const page = await readers.comments.listApproved({ itemId: item.id, before, limit });
  const { total, revision, next } = page;
  return sendJson(c, { total, revision, next, comments: page.comments.map(toPublicComment) });
}

function readBefore(text: string | null): number | null {
  if (text === null || text === '') return null;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw badRequest('bad_before', 'before must be the "next" of an earlier response.');
  return Number(text);
}

const maxHours = 168;
/** The lists that pages show. They are cached for some seconds; any other is read for each request. */
const sharedHours: readonly number[] = [24, 168];

/** `?hours=24`: the ten most read items of the last hours, at most a week. */
async function answerMostRead(c: Context, parts: AppContext): Promise<Response> {
  const { readers, publicUrl } = parts;
  const params = new URL(c.req.url).searchParams;
  rejectUnknownParams(params, ['hours']);
  const hours = readHours(params.get('hours'));
  if (!sharedHours.includes(hours)) await parts.queryLimit?.charge(c, parts);
  const list = readers === null ? [] : await readers.mostRead(hours);
  return sendJson(c, { hours, items: list.map((entry) => toPublic(entry, publicUrl)) });
}

function readHours(text: string | null): number {
  if (text === null || text === '') return 24;
  const hours = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (hours < 1 || hours > maxHours)
    throw badRequest('bad_hours', `hours must be a whole number from 1 to ${maxHours}.`);
  return hours;
}

function toPublic({ item, reads }: MostRead, publicUrl: string): object {
  const { id, url, title, section, source, publishedMs } = item;
  const publishedAt = publishedMs === null ? null : new Date(publishedMs).toISOString();
  return {
    reads,
    item: {
      ...{ id, url, page: `${publicUrl}/items/${id}`, title, section, publishedAt },
      source: { id: source.id, title: source.title },
    },
  };
}

/** The parameters that can be combined with `filter=`. All others are part of its JSON. */
const combinableParams = ['filter', 'sort', 'limit', 'before'];

/**
 * Reads the parameters of `/api/items`: one filter as parameters (`section=`, `q=`, ...), or up to four as JSON in repeated
 * `filter=`, combined with OR. Backfilled items are included unless a filter has `backfill: false`.
 *
 * @throws RequestError 400 for an unknown parameter or an invalid value.
 */
function readItemsQuery(params: URLSearchParams): ItemsQuery {
  if (!params.has('filter')) {
    rejectUnknownParams(params);
    return { ...parseItemsParams(params), limitPerSource: false };
  }
  rejectUnknownParams(params, combinableParams);
  const objects = parseFilterParams(params.getAll('filter'));
  if ('error' in objects) throw badRequest('bad_filter', `${objects.error}.`);
  const filters = parseFilters(undefined, objects.map(withBackfill));
  if ('error' in filters) throw badRequest('bad_filter', `${filters.error}.`);
  if (params.get('sort') === 'relevance') {
    throw badRequest('bad_sort', 'sort=relevance needs one search. Use the parameter q instead of filter.');
  }
  const page = new URLSearchParams([...params].filter(([name]) => name !== 'filter'));
  const { filter: all, ...choice } = parseItemsParams(page);
  const [filter = all, ...orFilters] = filters;
  return { ...choice, filter, orFilters, limitPerSource: false };
}

/** A snapshot includes backfilled items by default. */
function withBackfill(filter: object): object {
  return { backfill: true, ...filter };
}
