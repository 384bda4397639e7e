import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { parseCursor } from '../../../domain/events/event.ts';
import type { StartPosition } from '../../../push/fanout/fan-out.ts';
import { parseSubscriptionQuery } from '../protocol/client-messages.ts';
import { closeCodes, retryAfterMs } from '../protocol/close-codes.ts';
import { type HttpRefusal, sessionRefusals } from '../protocol/refusals.ts';
import type { LiveContext } from '../session/live-context.ts';
import type { RefusalReason } from '../session/session-registry.ts';
import { formatBye, SseSession, sseHeaders } from './sse-session.ts';

/** What streams need beyond what all live sessions share. */
export interface SseOptions extends LiveContext {
  /** Whose request this is; by default the peer's address. */
  readonly clientAddress?: (request: IncomingMessage) => string;
}

/** No epoch is empty: a place that is never found, so that its reader is reset. */
const nowhere: StartPosition = { epoch: '', seq: 0 };

/** Whether a request opens a stream of events, or tries to. */
export function isEventStream({ url = '' }: Pick<IncomingMessage, 'url'>): boolean {
  return url.startsWith('/events') && (url.length === 7 || url[7] === '?');
}

/**
 * Serves `GET /events`: the same log, filters and places as the WebSocket, as server-sent events. The stream is
 * written straight to Node's response; the framework's own streams cost several times as much.
 */
export function createSseHandler(options: SseOptions): (c: Context) => Response {
  const clientAddress = options.clientAddress ?? ((request) => request.socket.remoteAddress ?? '');
  return (c) => {
    const { incoming, outgoing } = c.env as HttpBindings;
    const request = parseSubscriptionQuery('sse', new URL(c.req.url).searchParams);
    if (request.type === 'fault') return refuse(c, { status: 400, code: request.code, message: request.message });
    if (c.req.method === 'HEAD') return c.body(null, 200, sseHeaders);
    const address = clientAddress(incoming);
    const refusal = options.sessions.refusalFor(address);
    if (refusal !== null) return refuseStream(c, refusal, options);
    const after = resumePlace(c.req.header('Last-Event-ID')) ?? request.after;
    try {
      // The request is the session's from here on. What it throws must not become an answer: one is under way.
      new SseSession(options, { out: outgoing as ServerResponse, address, filters: request.filters, after });
    } catch (error) {
      options.log.error({ err: error }, 'a live stream failed');
      outgoing.destroy();
    }
    return RESPONSE_ALREADY_SENT;
  };
}

/**
 * The place an EventSource comes back to. It wins over `after`, which stays in the address for ever: with the other
 * order each return would replay all since the page was opened.
 */
function resumePlace(lastEventId: string | undefined): StartPosition | null {
  if (lastEventId === undefined || lastEventId === '') return null;
  return parseCursor(lastEventId) ?? nowhere;
}

function refuse(c: Context, { status, code, message, retryAfterS }: HttpRefusal): Response {
  if (retryAfterS !== undefined) c.header('Retry-After', String(retryAfterS));
  c.header('Cache-Control', 'no-store');
  c.header('Access-Control-Allow-Origin', '*');
  return c.json({ error: { code, message } }, status);
}

/**
 * An EventSource that gets any other status than 200 gives up for good. So it is let in to be told when to come back;
 * everybody else gets the status.
 */
function refuseStream(c: Context, refusal: RefusalReason, { random, sessions }: LiveContext): Response {
  const answer = sessionRefusals[refusal];
  if (!c.req.header('Accept')?.includes('text/event-stream')) return refuse(c, answer);
  const close = refusal === 'closing' ? closeCodes.shutdown : closeCodes.connectionLimit;
  sessions.countClose(close.code);
  return c.body(formatBye(close, retryAfterMs(close, random)), 200, sseHeaders);
}
