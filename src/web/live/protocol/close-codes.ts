/** Why the server closes a session. */
export interface CloseCode {
  readonly code: number;
  /** At most 123 bytes: the limit of a close frame. */
  readonly reason: string;
  /** The minimum and maximum delay before the client reconnects. Null: it MUST NOT reconnect. */
  readonly retryAfterMs: readonly [number, number] | null;
  /** For authors of clients. */
  readonly meaning: string;
}

/**
 * All close codes of the server. A client reconnects after 4000 to 4499. After 4500 to 4999 it does not: it has an error
 * that it would repeat.
 */
export const closeCodes = {
  shutdown: {
    code: 4000,
    reason: 'shutdown',
    // Spread, so that not all clients reconnect at once after a deploy.
    retryAfterMs: [500, 8000],
    meaning: 'The server is stopping.',
  },
  slowConsumer: {
    code: 4001,
    reason: 'slow_consumer',
    retryAfterMs: [1000, 5000],
    meaning: 'The client did not read: more bytes were unsent than the limit, for longer than the timeout.',
  },
  noPong: {
    code: 4002,
    reason: 'no_pong',
    retryAfterMs: [0, 1000],
    meaning: 'The client did not answer a ping in time. The connection is dead, or the device is asleep.',
  },
  positionLost: {
    code: 4004,
    reason: 'position_lost',
    retryAfterMs: [1000, 5000],
    meaning: 'The server could not read the log at this position. The cursor stays valid.',
  },
  rateLimited: {
    code: 4005,
    reason: 'rate_limited',
    retryAfterMs: [10_000, 20_000],
    meaning: 'The client sent too many messages, ping frames or unsolicited pong frames.',
  },
  maxAge: {
    code: 4006,
    reason: 'max_age',
    retryAfterMs: [0, 2000],
    meaning: 'The session reached its maximum age. Every session ends once, so that a deploy is not a special case.',
  },
  connectionLimit: {
    code: 4008,
    reason: 'connection_limit',
    retryAfterMs: [15_000, 30_000],
    meaning: 'Too many connections. Sent on an event stream, whose client cannot read a status code.',
  },
  badMessage: {
    code: 4500,
    reason: 'bad_message',
    retryAfterMs: null,
    meaning:
      'The client sent something other than a message of this protocol: not text, not a JSON object, or without a type.',
  },
} as const satisfies Readonly<Record<string, CloseCode>>;

/** Close codes of WebSocket that the server sends, without a `bye`, when the client violates RFC 6455. */
export const webSocketCloseCodes = [
  { code: 1002, meaning: 'The client sent an invalid frame.' },
  { code: 1007, meaning: 'The client sent text that is not UTF-8.' },
  { code: 1008, meaning: 'The client sent a message in too many fragments.' },
  { code: 1009, meaning: 'The client sent a message over the size limit.' },
] as const;

/** The delay that is sent to one client; 0 when it must not reconnect. */
export function retryAfterMs(close: CloseCode, random: () => number): number {
  if (close.retryAfterMs === null) return 0;
  const [min, max] = close.retryAfterMs;
  return Math.round(min + random() * (max - min));
}

/** Why a session may not be opened: the limit of its address, the limit of the process, or the server is stopping. */
export type RefusalReason = 'address' | 'process' | 'closing';

/** An HTTP response to a client whose session is refused. */
export interface HttpRefusal {
  readonly status: 400 | 403 | 404 | 429 | 503;
  readonly code: string;
  readonly message: string;
  readonly retryAfterS?: number;
}

/** The response for each reason of the session registry. */
export const sessionRefusals: Readonly<Record<RefusalReason, HttpRefusal>> = {
  address: {
    status: 429,
    code: 'too_many_connections',
    message: 'Your address has too many live connections. Close one, or try again later.',
    retryAfterS: 30,
  },
  process: {
    status: 503,
    code: 'busy',
    message: 'The server has too many live connections. Try again later.',
    retryAfterS: 30,
  },
  closing: { status: 503, code: 'stopping', message: 'The server is stopping. Try again in a moment.', retryAfterS: 5 },
};

/** The responses to invalid handshakes. */
export const handshakeRefusals = {
  subprotocol: {
    status: 400,
    code: 'bad_subprotocol',
    message: 'The server does not support the offered subprotocols. Offer newswire.v1.json, or none.',
  },
  host: { status: 400, code: 'bad_host', message: 'The request has several Host headers. Send exactly one.' },
  origin: {
    status: 403,
    code: 'bad_origin',
    message: 'Pages of this origin may not connect. The operator can allow it with ALLOWED_ORIGINS.',
  },
  address: { status: 404, code: 'not_found', message: 'There is no WebSocket at this address. Use /live.' },
} as const satisfies Readonly<Record<string, HttpRefusal>>;
