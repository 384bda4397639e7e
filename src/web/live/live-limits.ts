import { maxFilterValues, maxValueChars } from '../../domain/events/parse-filter.ts';
import { maxSearchTerms } from '../../domain/search/search-query.ts';
import { maxFilters } from '../../push/fanout/event-filter.ts';
import { replayLimits } from '../../push/fanout/fan-out.ts';
import { maxCoalescedBytes, maxCoalescedEvents } from '../../push/fanout/frames.ts';
import { maxIdChars, maxWatched } from './client-messages.ts';
import { defaultMaxSessions, type LiveTiming, liveTiming } from './live-parts.ts';
import { maxMessagePieces } from './websocket.ts';

/** One limit of the protocol, in words for authors of clients. */
export interface LimitRow {
  /** What is limited; names the row. */
  readonly what: string;
  readonly most: string;
  /** What comes of going beyond. */
  readonly beyond: string;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function kilobytes(bytes: number): string {
  return `${number(bytes / 1024)} KB`;
}

function duration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${number(ms / 1000)} s`;
}

/** What a client may send. */
function sendingLimits(timing: LiveTiming): readonly LimitRow[] {
  return [
    { what: 'bytes of a message', most: kilobytes(timing.maxMessageBytes), beyond: 'close 1009' },
    { what: 'pieces of a message', most: number(maxMessagePieces), beyond: 'close 1008' },
    {
      what: 'messages, ping frames and unasked pong frames of a client',
      most: `${timing.maxMessages} in ${duration(timing.messageWindowMs)}`,
      beyond: '`bye` 4005',
    },
    {
      what: 'subscriptions of a connection',
      most: number(timing.maxSubscriptions),
      beyond: '`error` too_many_subscriptions',
    },
    { what: 'filters of a subscription', most: number(maxFilters), beyond: '`error` bad_filter' },
    { what: 'values of a filter', most: number(maxFilterValues), beyond: '`error` bad_filter' },
    { what: 'characters of a value, and of `q`', most: number(maxValueChars), beyond: '`error` bad_filter' },
    { what: 'words and places of `q`', most: number(maxSearchTerms), beyond: '`error` bad_filter' },
    { what: 'characters of a subscription id', most: number(maxIdChars), beyond: '`error` bad_id' },
    { what: 'watched items', most: number(maxWatched), beyond: '`error` bad_items' },
  ];
}

/** What a client gets, and for how long. */
function servingLimits(timing: LiveTiming): readonly LimitRow[] {
  return [
    {
      what: 'events of one `items` message',
      most: `${maxCoalescedEvents}, or ${kilobytes(maxCoalescedBytes)}`,
      beyond: 'the next message',
    },
    { what: 'events of a replay', most: number(replayLimits.maxEvents), beyond: '`reset` replay_too_large' },
    { what: 'age of a replay', most: duration(replayLimits.maxAgeMs), beyond: '`reset` replay_too_large' },
    {
      what: 'unsent bytes of a connection',
      most: `${kilobytes(timing.highWaterBytes)}, for ${duration(timing.drainTimeoutMs)}`,
      beyond: '`bye` 4001',
    },
    { what: 'time to answer a ping frame', most: duration(timing.pongTimeoutMs), beyond: '`bye` 4002' },
    { what: 'age of a WebSocket', most: `80 to 100 % of ${duration(timing.maxAgeMs)}`, beyond: '`bye` 4006' },
    { what: 'age of a stream', most: `80 to 100 % of ${duration(timing.streamMaxAgeMs)}`, beyond: '`bye` 4006' },
    { what: 'connections from one address', most: 'LIVE_MAX_PER_ADDRESS (50)', beyond: '429, or `bye` 4008' },
    { what: 'connections in all', most: number(defaultMaxSessions), beyond: '503, or `bye` 4008' },
  ];
}

/** Every limit that a client can meet, made of the figures that are in force. */
export function limitRows(timing: LiveTiming = liveTiming): readonly LimitRow[] {
  return [...sendingLimits(timing), ...servingLimits(timing)];
}
