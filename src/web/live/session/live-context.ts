import type { FanOut } from '../../../push/fanout/fan-out.ts';
import type { LogTail } from '../../../push/log/log-tail.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Log } from '../../../runtime/log.ts';
import { backgroundTimers, type Timers } from '../../../runtime/timers.ts';
import { defaultLiveTiming, defaultMaxSessions, type LiveTiming } from '../protocol/live-timing.ts';
import { type CountPoller, createCountPoller, type ReadCounts } from './count-poller.ts';
import { createSessionRegistry, type SessionRegistry } from './session-registry.ts';

export interface LiveContext {
  readonly tail: Pick<LogTail, 'bounds'>;
  readonly fanOut: FanOut;
  readonly sessions: SessionRegistry;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Null: this node does not count reads and comments. */
  readonly countPoller: CountPoller | null;
  readonly timing: LiveTiming;
}

/** The parts of a live context that have no default, and those that may be replaced. */
export interface LiveContextOptions {
  readonly tail: LiveContext['tail'];
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxPerAddress: number;
  readonly maxSessions?: number;
  readonly readCounts?: ReadCounts;
  readonly random?: () => number;
  readonly timers?: Timers;
  readonly timing?: Partial<LiveTiming>;
}

/** Creates the context that all sessions of a process share. */
export function createLiveContext(options: LiveContextOptions): LiveContext {
  const { tail, fanOut, clock, log, readCounts, timers = backgroundTimers } = options;
  return {
    ...{ tail, fanOut, clock, log, timers },
    sessions: createSessionRegistry({
      maxPerAddress: options.maxPerAddress,
      maxSessions: options.maxSessions ?? defaultMaxSessions,
    }),
    random: options.random ?? Math.random,
    countPoller: readCounts === undefined ? null : createCountPoller({ read: readCounts, timers, log }),
    timing: { ...defaultLiveTiming, ...options.timing },
  };
}
