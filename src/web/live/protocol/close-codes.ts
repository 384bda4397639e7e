/** Why a session ends, as its client is told. */
export interface CloseCode {
  readonly code: number;
  /** At most 123 bytes, the room that a close frame has. */
  readonly reason: string;
  /** The least and the most that a client shall wait before it comes back; null: it shall not come back. */
  readonly retryAfterMs: readonly [number, number] | null;
  /** What happened, for authors of clients. */
  readonly meaning: string;
}

/**
 * Every way in which we end a session. 4000 to 4499 come back, 4500 to 4999 do not: the client has a fault that a
 * second try would repeat.
 */
export const closeCodes = {
  shutdown: {
    code: 4000,
    reason: 'shutdown',
    // Spread, so that a deploy does not bring everybody back at once.
    retryAfterMs: [500, 8000],
    meaning: 'The server stops.',
  },
  slowConsumer: {
    code: 4001,
    reason: 'slow_consumer',
    retryAfterMs: [1000, 5000],
    meaning: 'More was unsent than is held for one reader, for longer than the server waits.',
  },
  noPong: {
    code: 4002,
    reason: 'no_pong',
    retryAfterMs: [0, 1000],
    meaning: 'A ping was not answered in time: the connection is dead, or its owner asleep.',
  },
  positionLost: {
    code: 4004,
    reason: 'position_lost',
    retryAfterMs: [1000, 5000],
    meaning: 'The log could not be read, so this place cannot be served here now. The cursor stays good.',
  },
  rateLimited: {
    code: 4005,
    reason: 'rate_limited',
    retryAfterMs: [10_000, 20_000],
    meaning: 'Too many messages, ping frames or unasked pong frames came from the client.',
  },
  maxAge: {
    code: 4006,
    reason: 'max_age',
    retryAfterMs: [0, 2000],
    meaning: 'The session has lived its time. Every session ends once, so that a deploy looks like any other moment.',
  },
  connectionLimit: {
    code: 4008,
    reason: 'connection_limit',
    retryAfterMs: [15_000, 30_000],
    meaning: 'Too many connections; told on a stream, where a status could not be read.',
  },
  badMessage: {
    code: 4500,
    reason: 'bad_message',
    retryAfterMs: null,
    meaning: 'What came is no message of this protocol: not text, no JSON object, or one without a type.',
  },
} as const satisfies Readonly<Record<string, CloseCode>>;

/** Codes of WebSocket itself that our side may close with, without a `bye`: the client broke the rules of the transport. */
export const webSocketCloseCodes = [
  { code: 1002, meaning: 'A frame that breaks the rules of WebSocket.' },
  { code: 1007, meaning: 'Text that is not UTF-8.' },
  { code: 1008, meaning: 'A message in too many pieces.' },
  { code: 1009, meaning: 'A message above the limit of bytes.' },
] as const;

/** How long a client is told to wait. Zero for a code that does not come back. */
export function retryAfterMs(close: CloseCode, random: () => number): number {
  if (close.retryAfterMs === null) return 0;
  const [least, most] = close.retryAfterMs;
  return Math.round(least + random() * (most - least));
}
