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
  /** The name of the limit. */
  readonly limit: string;
  readonly maximum: string;
  /** What the server does when the limit is exceeded. */
  readonly whenExceeded: string;
}

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
function sendingLimits(timing: LiveTiming): readonly LimitRow[] {
  return [
    { limit: 'size of a message', maximum: kilobytes(timing.maxMessageBytes), whenExceeded: 'close 1009' },
    { limit: 'fragments of a message', maximum: number(maxMessageFragments), whenExceeded: 'close 1008' },
    {
      limit: 'messages, ping frames and unsolicited pong frames of a client',
      maximum: `${timing.maxMessages} in ${duration(timing.messageWindowMs)}`,
      whenExceeded: '`bye` 4005',
    },
    {
      limit: 'subscriptions of a connection',
      maximum: number(timing.maxSubscriptions),
      whenExceeded: '`error` too_many_subscriptions',
    },
    { limit: 'filters of a subscription', maximum: number(maxFilters), whenExceeded: '`error` bad_filter' },
    { limit: 'values of a filter', maximum: number(maxFilterValues), whenExceeded: '`error` bad_filter' },
    { limit: 'characters of a value, and of `q`', maximum: number(maxValueChars), whenExceeded: '`error` bad_filter' },
    { limit: 'words and fields of `q`', maximum: number(maxSearchTerms), whenExceeded: '`error` bad_filter' },
    { limit: 'characters of a subscription id', maximum: number(maxIdChars), whenExceeded: '`error` bad_id' },
    { limit: 'watched items', maximum: number(maxWatchedItems), whenExceeded: '`error` bad_items' },
  ];
}

/** The limits of what a client receives, and for how long. */
function servingLimits(timing: LiveTiming): readonly LimitRow[] {
  return [
    {
      limit: 'events of one `items` message',
      maximum: `${maxEventsPerDelivery}, or ${kilobytes(maxBytesPerDelivery)}`,
      whenExceeded: 'the next message',
    },
    {
      limit: 'events of a replay',
      maximum: number(defaultReplayLimits.maxEvents),
      whenExceeded: '`reset` replay_too_large',
    },
    {
      limit: 'age of a replay',
      maximum: duration(defaultReplayLimits.maxAgeMs),
      whenExceeded: '`reset` replay_too_large',
    },
    {
      limit: 'unsent bytes of a connection',
      maximum: `${kilobytes(timing.highWaterBytes)}, for ${duration(timing.drainTimeoutMs)}`,
      whenExceeded: '`bye` 4001',
    },
    { limit: 'time to answer a ping frame', maximum: duration(timing.pongTimeoutMs), whenExceeded: '`bye` 4002' },
    { limit: 'age of a WebSocket', maximum: `80 to 100 % of ${duration(timing.maxAgeMs)}`, whenExceeded: '`bye` 4006' },
    {
      limit: 'age of a stream',
      maximum: `80 to 100 % of ${duration(timing.streamMaxAgeMs)}`,
      whenExceeded: '`bye` 4006',
    },
    { limit: 'connections from one address', maximum: 'LIVE_MAX_PER_ADDRESS (50)', whenExceeded: '429, or `bye` 4008' },
    { limit: 'connections in all', maximum: number(defaultMaxSessions), whenExceeded: '503, or `bye` 4008' },
  ];
}

/** All limits of the protocol, with the values that the server uses. */
export function liveLimits(timing: LiveTiming = defaultLiveTiming): readonly LimitRow[] {
  return [...sendingLimits(timing), ...servingLimits(timing)];
}
