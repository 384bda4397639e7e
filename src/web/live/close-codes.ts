/** Why a session ends, as its client is told. */
export interface CloseCode {
  readonly code: number;
  /** At most 123 bytes, the room that a close frame has. */
  readonly reason: string;
  /** The least and the most that a client shall wait before it comes back; null: it shall not come back. */
  readonly retryAfterMs: readonly [number, number] | null;
}

/**
 * Every way in which we end a session. 4000 to 4499 come back, 4500 to 4999 do not: the client has a fault that a
 * second try would repeat. Two codes are the WebSocket library's own and come without `bye`: 1009 for a message above
 * the limit and 1007 for text that is not UTF-8.
 */
export const closeCodes = {
  /** The server stops. The waits are spread, so that a deploy does not bring everybody back at once. */
  shutdown: { code: 4000, reason: 'shutdown', retryAfterMs: [500, 8000] },
  /** More was unsent than we hold for one reader, for longer than we wait. */
  slowConsumer: { code: 4001, reason: 'slow_consumer', retryAfterMs: [1000, 5000] },
  /** A ping was not answered in time: the connection is dead, or its owner asleep. */
  noPong: { code: 4002, reason: 'no_pong', retryAfterMs: [0, 1000] },
  /** The log could not be read, so the session's place cannot be served here. The cursor stays good. */
  positionLost: { code: 4004, reason: 'position_lost', retryAfterMs: [1000, 5000] },
  /** Too many messages. */
  rateLimited: { code: 4005, reason: 'rate_limited', retryAfterMs: [10_000, 20_000] },
  /** Sessions are ended after a while, so that a deploy looks like any other moment. */
  maxAge: { code: 4006, reason: 'max_age', retryAfterMs: [0, 2000] },
  /** Too many connections, where HTTP has no answer that the client could read. */
  connectionLimit: { code: 4008, reason: 'connection_limit', retryAfterMs: [15_000, 30_000] },
  /** What came is not a message of this protocol. */
  badMessage: { code: 4500, reason: 'bad_message', retryAfterMs: null },
} as const satisfies Readonly<Record<string, CloseCode>>;

/** How long a client is told to wait. Zero for a code that does not come back. */
export function retryAfterMs(close: CloseCode, random: () => number): number {
  if (close.retryAfterMs === null) return 0;
  const [least, most] = close.retryAfterMs;
  return Math.round(least + random() * (most - least));
}
