import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { parseCursor } from '../../../domain/events/event.ts';
import type { StartPosition } from '../../../push/fanout/fan-out.ts';
import { parseSubscriptionQuery } from '../protocol/client-messages.ts';
import {
  closeCodes,
  type HttpRefusal,
  type RefusalReason,
  retryAfterMs,
  sessionRefusals,
} from '../protocol/close-codes.ts';
import type { LiveContext } from '../session/live-context.ts';
import { formatBye, SseSession, sseHeaders } from './sse-session.ts';

export interface SseOptions extends LiveContext {
  /** The address of the client. Default: the peer. */
  readonly clientAddress?: (request: IncomingMessage) => string;
}

/** No log has an empty epoch: a subscription after this cursor is reset. */
const unknownCursor: StartPosition = { epoch: '', seq: 0 };

/** Whether a request is for the event stream. */
export function isEventStream({ url = '' }: Pick<IncomingMessage, 'url'>): boolean {
  return url.startsWith('/events') && (url.length === 7 || url[7] === '?');
}

/**
 * Handles `GET /events`: the log as server-sent events, with the filters and cursors of the WebSocket protocol. The
 * stream is written to Node's response: the framework's streams cost several times as much.
 */
export function createSseHandler(options: SseOptions): (c: Context) => Response {
  const clientAddress = options.clientAddress ?? ((request) => request.socket.remoteAddress ?? '');
  return (c) => {
    const { incoming, outgoing } = c.env as HttpBindings;
    const request = parseSubscriptionQuery('sse', new URL(c.req.url).searchParams);
    if (request.type === 'error') return refuse(c, { status: 400, code: request.code, message: request.message });
    if (c.req.method === 'HEAD') return c.body(null, 200, sseHeaders);
    const address = clientAddress(incoming);
    const refusal = options.sessions.refusalFor(address);
    if (refusal !== null) return refuseStream(c, refusal, options);
    const after = resumeCursor(c.req.header('Last-Event-ID')) ?? request.after;
    try {
      // The session has sent the headers: an error must not become a second response.
      new SseSession(options, { out: outgoing as ServerResponse, address, filters: request.filters, after });
    } catch (error) {
      options.log.error({ err: error }, 'an event stream failed');
      outgoing.destroy();
    }
    return RESPONSE_ALREADY_SENT;
  };
}

/**
 * The cursor of an EventSource that reconnects. It wins over `after`, which stays in the URL: otherwise each reconnect
 * would replay all events since the page was opened.
 */
function resumeCursor(lastEventId: string | undefined): StartPosition | null {
  if (lastEventId === undefined || lastEventId === '') return null;
  return parseCursor(lastEventId) ?? unknownCursor;
}

function refuse(c: Context, { status, code, message, retryAfterS }: HttpRefusal): Response {
  if (retryAfterS !== undefined) c.header('Retry-After', String(retryAfterS));
  c.header('Cache-Control', 'no-store');
  c.header('Access-Control-Allow-Origin', '*');
  return c.json({ error: { code, message } }, status);
}

/**
 * Refuses a stream. An EventSource stops reconnecting after any status but 200, so it gets a stream with `bye` and a
 * delay. Any other client gets the status.
 */
function refuseStream(c: Context, reason: RefusalReason, { random, sessions }: LiveContext): Response {
  const response = sessionRefusals[reason];
  if (!c.req.header('Accept')?.includes('text/event-stream')) return refuse(c, response);
  const close = reason === 'closing' ? closeCodes.shutdown : closeCodes.connectionLimit;
  sessions.countClose(close.code);
  return c.body(formatBye(close, retryAfterMs(close, random)), 200, sseHeaders);
}
