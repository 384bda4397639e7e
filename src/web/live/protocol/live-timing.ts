import { hourMs, minuteMs } from '../../../domain/durations.ts';

/** The default limit of live sessions of a process. */
export const defaultMaxSessions = 20_000;

/** The fragments of one message. Honest clients send one; each costs a hundred times its bytes in memory. */
export const maxMessageFragments = 64;

/** The timeouts and limits of one session. */
export interface LiveTiming {
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  /** Above this number of unsent bytes nothing more is written. */
  readonly highWaterBytes: number;
  /** From reaching the high-water mark to falling below it. */
  readonly drainTimeoutMs: number;
  /** Of a WebSocket. Each session ends after 80 to 100 % of it. */
  readonly maxAgeMs: number;
  /** Of an event stream, likewise. */
  readonly streamMaxAgeMs: number;
  /** Between two heartbeats of an event stream: 60 to 100 % of it. */
  readonly streamHeartbeatMs: number;
  /** From `bye` to the end of the connection, if the client does not close it. */
  readonly byeTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly maxMessages: number;
  readonly messageWindowMs: number;
  readonly maxSubscriptions: number;
}

/** The values that the protocol documents. */
export const defaultLiveTiming: LiveTiming = {
  pingIntervalMs: 25_000,
  pongTimeoutMs: 10_000,
  highWaterBytes: 64 * 1024,
  drainTimeoutMs: 30_000,
  maxAgeMs: hourMs,
  streamMaxAgeMs: 10 * minuteMs,
  streamHeartbeatMs: 25_000,
  byeTimeoutMs: 2000,
  maxMessageBytes: 16_384,
  maxMessages: 20,
  messageWindowMs: 10_000,
  maxSubscriptions: 32,
};
