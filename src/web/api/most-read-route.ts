import type { Context, Hono } from 'hono';
import type { MostRead } from '../../domain/items/item-counts.ts';
import type { AppContext } from '../shared/app-context.ts';
import { rejectUnknownParams } from '../shared/query-params.ts';
import { badRequest } from '../shared/request-error.ts';
import { sendJson } from './send-json.ts';

const maxHours = 168;
/** The lists that pages show. They are cached for some seconds; any other is read for each request. */
const sharedHours: readonly number[] = [24, 168];

/** `/api/most-read?hours=24`: the ten most read items of the last hours, at most a week. */
export function mostReadRoute(app: Hono, parts: AppContext): void {
  app.get('/api/most-read', (c) => answerMostRead(c, parts));
}

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
