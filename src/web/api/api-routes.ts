import type { Context, Hono } from 'hono';
import { formatCursor } from '../../domain/events/event.ts';
import type { ItemsPage, WireItem } from '../../domain/events/wire.ts';
import { toWireBody } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { slug } from '../../domain/slug.ts';
import { allowAnyOrigin, allowCorsPreflight } from '../http/security/security-headers.ts';
import type { AppContext } from '../shared/app-context.ts';
import { findItem } from '../shared/find-resource.ts';
import { readItemsFor } from '../shared/query-limit.ts';
import { rejectUnknownParams } from '../shared/query-params.ts';
import { createAsyncApi } from './asyncapi.ts';
import { commentsRoute } from './comments-route.ts';
import { eventsRoute } from './events-route.ts';
import { readItemsQuery } from './items-query.ts';
import { mostReadRoute } from './most-read-route.ts';
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
  mostReadRoute(app, parts);
  commentsRoute(app, parts);
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
