import type { Context, Hono } from 'hono';
import {
  type CursorStatus,
  checkCursor,
  formatCursor,
  type LogBounds,
  type LogEvent,
  parseCursor,
} from '../../domain/events/event.ts';
import { frameEvent } from '../../push/fanout/frames.ts';
import type { AppContext } from '../shared/app-context.ts';
import { parsePageSize, rejectUnknownParams } from '../shared/query-params.ts';
import type { LogPage } from '../shared/read-port.ts';
import { badRequest } from '../shared/request-error.ts';
import { sendJsonText } from './send-json.ts';

const defaultEvents = 100;

const reasons: Readonly<Record<Exclude<CursorStatus, 'valid'>, string>> = {
  cursor_too_old: 'The log no longer has the events after this cursor. Read /api/items and continue from its cursor.',
  epoch_changed:
    'This cursor is of another log, which the server had before. Read /api/items and continue from its cursor.',
  cursor_in_future: 'This cursor is ahead of the log. Read /api/items and continue from its cursor.',
};

/** `GET /api/events?after=&limit=`: the log for clients that poll, without a filter, backfilled items included. */
export function eventsRoute(app: Hono, parts: AppContext): void {
  app.get('/api/events', async (c) => {
    const params = new URL(c.req.url).searchParams;
    rejectUnknownParams(params, ['after', 'limit']);
    const after = readAfter(params.get('after'));
    const limit = parsePageSize(params.get('limit'), defaultEvents);
    const page = await readPage(parts, after, limit);
    const status = typeof after === 'string' ? 'valid' : checkCursor(after, page.head);
    return status === 'valid' ? sendEvents(c, page, parts.publicUrl) : sendReset(c, status, page.head);
  });
}

/** Where to start: at the oldest event, at the end, or after a cursor. */
type After = 'floor' | 'head' | { readonly epoch: string; readonly seq: number };

function readAfter(text: string | null): After {
  if (text === null || text === '' || text === 'floor') return 'floor';
  if (text === 'head') return 'head';
  const cursor = parseCursor(text);
  if (cursor === null) throw badRequest('bad_cursor', 'after must be a cursor, "floor" or "head".');
  return cursor;
}

/** The events after a position. The head is read in the same transaction, so that no event is between the two. */
function readPage(parts: AppContext, after: After, limit: number): Promise<LogPage> {
  if (after === 'floor') return parts.reads.events(0, limit);
  if (after === 'head') return parts.reads.events(Number.MAX_SAFE_INTEGER, 1);
  return parts.reads.events(after.seq, limit);
}

function sendEvents(c: Context, { head, events }: LogPage, publicUrl: string): Promise<Response> {
  const last = events.at(-1)?.seq ?? head.head;
  const list = events.map((event) => eventJson(event, publicUrl)).join(',');
  const cursor = formatCursor({ epoch: head.epoch, seq: last });
  const start = JSON.stringify({ epoch: head.epoch, head: head.head, floor: head.floor });
  const body = `${start.slice(0, -1)},"events":[${list}],"cursor":${JSON.stringify(cursor)}}`;
  return sendJsonText(c, body);
}

/** Without a filter every event matches, so `prev` is the preceding seq. */
function eventJson(event: LogEvent, publicUrl: string): string {
  return `{${frameEvent(event, event.op, event.seq - 1, publicUrl).jsonTail}`;
}

function sendReset(c: Context, code: keyof typeof reasons, { epoch, floor, head }: LogBounds): Response {
  c.header('Cache-Control', 'no-store');
  return c.json({ error: { code, message: reasons[code] }, reset: { reason: code, epoch, floor, head } }, 410);
}
