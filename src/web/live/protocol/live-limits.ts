import { hourMs, minuteMs } from '../../../domain/durations.ts';
import { maxFilterValues, maxValueChars } from '../../../domain/events/parse-filter.ts';
import { maxSearchTerms } from '../../../domain/search/search-query.ts';
import { maxFilters } from '../../../push/fanout/event-filter.ts';
import { defaultReplayLimits } from '../../../push/fanout/fan-out.ts';
import { maxBytesPerDelivery, maxEventsPerDelivery } from '../../../push/fanout/frames.ts';
import { maxIdChars, maxWatchedItems } from './client-messages.ts';
import { defaultLiveTiming, defaultMaxSessions, type LiveTiming, maxMessageFragments } from './live-timing.ts';

/** One limit of the protocol, for authors of clients. */
export interface LimitRow {
  readonly limit: string;
  readonly maximum: string;
  /** What the server does when the limit is exceeded. */
  readonly whenExceeded: string;
}

/** The values of a `LimitRow`, in its order. */
type Limit = readonly [limit: string, maximum: string, whenExceeded: string];

function number(value: number): string {
  return value.toLocaleString('en');
}

function kilobytes(bytes: number): string {
  return `${number(bytes / 1024)} KB`;
}

function duration(ms: number): string {
  if (ms % hourMs === 0) return `${ms / hourMs} h`;
  return ms % minuteMs === 0 ? `${ms / minuteMs} min` : `${number(ms / 1000)} s`;
}

/** The limits of what a client sends. */
function sendingLimits(timing: LiveTiming): readonly Limit[] {
  return [
    ['size of a message', kilobytes(timing.maxMessageBytes), 'close 1009'],
    ['fragments of a message', number(maxMessageFragments), 'close 1008'],
    [
      'messages, ping frames and unsolicited pong frames of a client',
      `${timing.maxMessages} in ${duration(timing.messageWindowMs)}`,
      '`bye` 4005',
    ],
    ['subscriptions of a connection', number(timing.maxSubscriptions), '`error` too_many_subscriptions'],
    ['filters of a subscription', number(maxFilters), '`error` bad_filter'],
    ['values of a filter', number(maxFilterValues), '`error` bad_filter'],
    ['characters of a value, and of `q`', number(maxValueChars), '`error` bad_filter'],
    ['words and fields of `q`', number(maxSearchTerms), '`error` bad_filter'],
    ['characters of a subscription id', number(maxIdChars), '`error` bad_id'],
    ['watched items', number(maxWatchedItems), '`error` bad_items'],
  ];
}

/** The limits of what a client receives, and for how long. */
function servingLimits(timing: LiveTiming): readonly Limit[] {
  return [
    [
      'events of one `items` message',
      `${maxEventsPerDelivery}, or ${kilobytes(maxBytesPerDelivery)}`,
      'the next message',
    ],
    ['events of a replay', number(defaultReplayLimits.maxEvents), '`reset` replay_too_large'],
    ['age of a replay', duration(defaultReplayLimits.maxAgeMs), '`reset` replay_too_large'],
    [
      'unsent bytes of a connection',
      `${kilobytes(timing.highWaterBytes)}, for ${duration(timing.drainTimeoutMs)}`,
      '`bye` 4001',
    ],
    ['time to answer a ping frame', duration(timing.pongTimeoutMs), '`bye` 4002'],
    ['age of a WebSocket', `80 to 100 % of ${duration(timing.maxAgeMs)}`, '`bye` 4006'],
    ['age of a stream', `80 to 100 % of ${duration(timing.streamMaxAgeMs)}`, '`bye` 4006'],
    ['connections from one address', 'LIVE_MAX_PER_ADDRESS (50)', '429, or `bye` 4008'],
    ['connections in all', number(defaultMaxSessions), '503, or `bye` 4008'],
  ];
}

/** All limits of the protocol, with the values that the server uses. */
export function liveLimits(timing: LiveTiming = defaultLiveTiming): readonly LimitRow[] {
  const limits = [...sendingLimits(timing), ...servingLimits(timing)];
  return limits.map(([limit, maximum, whenExceeded]) => ({ limit, maximum, whenExceeded }));
}
