import { hourMs, minuteMs } from '../../../domain/durations.ts';
import type { FanOut } from '../../../push/fanout/fan-out.ts';
import type { LogTail } from '../../../push/log/log-tail.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Log } from '../../../runtime/log.ts';
import { type CountPoller, createCountPoller, type ReadCounts } from './count-poller.ts';
import { createSessionRegistry, type SessionRegistry } from './session-registry.ts';
import { createTimerWheel, type TimerWheel } from './timer-wheel.ts';

/** Sessions of a process, whatever their addresses. */
export const defaultMaxSessions = 20_000;

/** What WebSocket and SSE sessions share. */
export interface LiveContext {
  readonly tail: Pick<LogTail, 'place'>;
  readonly fanOut: FanOut;
  readonly sessions: SessionRegistry;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Null: nobody counts reads and comments here. */
  readonly countPoller: CountPoller | null;
  readonly timing: LiveTiming;
}

/** Deadlines and limits of one session. */
export interface LiveTiming {
  readonly pingIntervalMs: number;
  /** From a ping to its pong. */
  readonly pongTimeoutMs: number;
  /** Unsent bytes above which nothing more is written. */
  readonly highWaterBytes: number;
  /** From standing above that mark to having drained. */
  readonly drainTimeoutMs: number;
  /** Of a WebSocket; each lives 80 to 100 % of it. */
  readonly maxAgeMs: number;
  /** Of a stream, likewise. */
  readonly streamMaxAgeMs: number;
  /** Between two signs of life on a stream, 60 to 100 % of it. */
  readonly streamHeartbeatMs: number;
  /** From `bye` to the end of the connection, whatever the client does. */
  readonly byeTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly maxMessages: number;
  readonly messageWindowMs: number;
  readonly maxSubscriptions: number;
}

/** What the protocol promises, unless a test is in a hurry. */
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

/** What `createLiveParts` is given; what is left out has a default. */
export interface LiveContextOptions {
  readonly tail: LiveContext['tail'];
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxPerAddress: number;
  readonly maxSessions?: number;
  readonly readCounts?: ReadCounts;
  readonly random?: () => number;
  readonly wheel?: TimerWheel;
  readonly timing?: Partial<LiveTiming>;
}

/** The one set of parts that a process's sessions of both transports share. Its wheel turns from now on. */
export function createLiveContext(options: LiveContextOptions): LiveContext {
  const { tail, fanOut, clock, log, readCounts } = options;
  const wheel = options.wheel ?? createTimerWheel();
  return {
    tail,
    fanOut,
    clock,
    log,
    wheel,
    sessions: createSessionRegistry({
      maxPerAddress: options.maxPerAddress,
      maxSessions: options.maxSessions ?? defaultMaxSessions,
    }),
    random: options.random ?? Math.random,
    countPoller: readCounts === undefined ? null : createCountPoller({ read: readCounts, wheel, log }),
    timing: { ...defaultLiveTiming, ...options.timing },
  };
}
