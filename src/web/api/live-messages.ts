import { hourMs } from '../../domain/durations.ts';
import type { ClientMessage, ResetReason, ServerMessage, WireItem } from '../../domain/events/wire.ts';
import { maxFilters } from '../../push/fanout/event-filter.ts';
import { maxEventsPerDelivery } from '../../push/fanout/frames.ts';
import { maxIdChars, maxWatchedItems, protocolErrors } from '../live/protocol/client-messages.ts';
import { closeCodes } from '../live/protocol/close-codes.ts';
import {
  arrayOf,
  countSchema,
  eventSchema,
  extensibleObject,
  itemIdSchema,
  positionFields,
  ref,
  type SchemaFields,
  strictObject,
  stringSchema,
  withDescription,
} from './wire-schemas.ts';

/** One message of the live protocol, for authors of clients. */
export interface MessageDescription {
  readonly summary: string;
  readonly payload: object;
  readonly examples: readonly (ClientMessage | ServerMessage)[];
}

/** The reasons of a reset, for authors of clients. */
export const resetReasons: Readonly<Record<ResetReason, string>> = {
  cursor_too_old: 'The log no longer has the events after the cursor.',
  epoch_changed: 'The cursor is of another log, which the server had before.',
  cursor_in_future: 'The cursor is ahead of the log.',
  replay_too_large: 'The missed events are more, or older, than the server replays.',
};

const subscriptionId: SchemaFields = { id: { type: 'string', minLength: 1, maxLength: maxIdChars } };
const channel: SchemaFields = {
  ch: withDescription(stringSchema, 'Name of the filter. Equivalent filters have the same name.'),
};
const epoch: SchemaFields = {
  epoch: withDescription(stringSchema, 'Name of the log. A different epoch is a different log.'),
};
const head: SchemaFields = { head: withDescription(countSchema, 'Seq of the newest event.') };
const floor: SchemaFields = { floor: withDescription(countSchema, 'Lowest seq in the log.') };
const millis = withDescription(countSchema, 'Milliseconds.');

function request(type: string, fields: SchemaFields, optional: readonly string[] = []) {
  return strictObject({ type: { const: type }, ...fields }, optional);
}

function message(type: string, fields: SchemaFields, optional: readonly string[] = []) {
  return extensibleObject({ type: { const: type }, ...fields }, optional);
}

/** The messages of clients by type. Any other message is refused, not ignored. */
export const clientMessages: Readonly<Record<ClientMessage['type'], MessageDescription>> = {
  subscribe: {
    summary: 'Starts a subscription after a position in the log.',
    payload: request(
      'subscribe',
      {
        ...subscriptionId,
        after: withDescription({ anyOf: [ref('Cursor'), { enum: ['head', 'floor'] }] }, 'Default: head.'),
        filter: ref('Filter'),
        filters: withDescription(
          arrayOf(ref('Filter'), { minItems: 1, maxItems: maxFilters }),
          'Combined with OR. Instead of `filter`.',
        ),
      },
      ['after', 'filter', 'filters'],
    ),
    examples: [
      { type: 'subscribe', id: 's1', after: 'k3f9-1042', filter: { sections: ['World'], q: 'budget -cricket' } },
      { type: 'subscribe', id: 's2', filters: [{ sources: ['example'] }, { categories: ['eu'], backfill: true }] },
    ],
  },
  unsubscribe: {
    summary: 'Ends a subscription. There is no reply. The id can be used again.',
    payload: request('unsubscribe', subscriptionId),
    examples: [{ type: 'unsubscribe', id: 's1' }],
  },
  watch: {
    summary: 'Requests the counts of reads and comments of items. Replaces the previous watch. An empty list ends it.',
    payload: request('watch', { items: arrayOf(itemIdSchema, { maxItems: maxWatchedItems }) }),
    examples: [{ type: 'watch', items: [17, 18] }],
  },
  ping: {
    summary: 'Requests a `ping`, for clients that cannot see ping frames.',
    payload: request('ping', {}),
    examples: [{ type: 'ping' }],
  },
  pong: { summary: 'Accepted and ignored.', payload: request('pong', {}), examples: [{ type: 'pong' }] },
};

const item: WireItem = {
  id: 17,
  url: 'https://example.org/news/17',
  page: 'https://news.example.com/items/17',
  title: 'Council agrees on a budget',
  summary: 'After two nights of talks the council agreed on a budget.',
  html: '<p>After two nights of talks the council agreed on a budget.</p>',
  author: null,
  source: { id: 'example', title: 'Example' },
  alsoIn: [],
  section: 'World',
  categories: ['budget'],
  language: 'en',
  image: null,
  enclosures: [],
  publishedAt: '2026-01-15T11:58:00.000Z',
  updatedAt: null,
  firstSeenAt: '2026-01-15T12:00:00.000Z',
  revision: 1,
  backfill: false,
};
const revised = { ...item, title: 'Council agrees on a smaller budget', revision: 2 };
const removed = { id: item.id, url: item.url };

const codes = Object.values(closeCodes);

/** The messages of the server by type. A client ignores unknown types. */
export const serverMessages: Readonly<Record<ServerMessage['type'], MessageDescription>> = {
  welcome: {
    summary: 'The first message: the bounds of the log, and the limits of the session.',
    payload: message('welcome', {
      v: { const: 1 },
      ...epoch,
      ...head,
      ...floor,
      pingIntervalMs: withDescription(millis, 'Interval between pings.'),
      maxAgeMs: withDescription(millis, 'A session ends after 80 to 100 % of it.'),
      limits: extensibleObject({ subscriptions: countSchema, messageBytes: countSchema, filterValues: countSchema }),
    }),
    examples: [
      {
        type: 'welcome',
        v: 1,
        epoch: 'k3f9',
        head: 1100,
        floor: 200,
        pingIntervalMs: 25_000,
        maxAgeMs: hourMs,
        limits: { subscriptions: 32, messageBytes: 16_384, filterValues: 200 },
      },
    ],
  },
  subscribed: {
    summary: 'The subscription was accepted, and starts after this cursor.',
    payload: message('subscribed', { id: stringSchema, ...channel, after: ref('Cursor'), ...head }),
    examples: [{ type: 'subscribed', id: 's1', ch: '7fK2mQx1Ab', after: 'k3f9-1042', head: 1100 }],
  },
  item: {
    summary: 'One event: an item was added, was updated, or no longer matches.',
    payload: eventSchema({ type: { const: 'item' }, ...channel }),
    examples: [
      { type: 'item', ch: '7fK2mQx1Ab', seq: 1051, prev: 1042, op: 'add', item },
      { type: 'item', ch: '7fK2mQx1Ab', seq: 1060, prev: 1051, op: 'update', changed: ['title'], item: revised },
      { type: 'item', ch: '7fK2mQx1Ab', seq: 1093, prev: 1060, op: 'remove', item: removed },
    ],
  },
  items: {
    summary: 'Several events in order.',
    payload: message('items', {
      ...channel,
      list: arrayOf(ref('Event'), { minItems: 2, maxItems: maxEventsPerDelivery }),
    }),
    examples: [
      {
        type: 'items',
        ch: '7fK2mQx1Ab',
        list: [
          { seq: 1051, prev: 1042, op: 'add', item },
          { seq: 1093, prev: 1051, op: 'remove', item: removed },
        ],
      },
    ],
  },
  live: {
    summary: 'The end of the replay. All later events are new.',
    payload: message('live', { ...channel, ...positionFields }),
    examples: [{ type: 'live', ch: '7fK2mQx1Ab', seq: 1100, prev: 1093 }],
  },
  pos: {
    summary: 'No event after `prev` and up to `seq` matches.',
    payload: message('pos', { ...channel, ...positionFields }),
    examples: [{ type: 'pos', ch: '7fK2mQx1Ab', seq: 1180, prev: 1093 }],
  },
  counts: {
    summary: 'Counts of watched items: all first, then the changed ones. They are not part of the log.',
    payload: message('counts', {
      items: arrayOf(
        extensibleObject({
          id: itemIdSchema,
          reads: countSchema,
          comments: countSchema,
          commentsRevision: countSchema,
        }),
      ),
    }),
    examples: [{ type: 'counts', items: [{ id: 17, reads: 676, comments: 3, commentsRevision: 5 }] }],
  },
  reset: {
    summary: 'The subscription has ended: the events after its cursor cannot be sent. Read a snapshot, then subscribe.',
    payload: message('reset', {
      id: stringSchema,
      reason: { enum: Object.keys(resetReasons) },
      ...epoch,
      ...floor,
      ...head,
    }),
    examples: [{ type: 'reset', id: 's1', reason: 'cursor_too_old', epoch: 'k3f9', floor: 200, head: 1180 }],
  },
  error: {
    summary: 'The request was refused. The connection stays open.',
    payload: message(
      'error',
      { id: stringSchema, code: { enum: Object.keys(protocolErrors) }, message: stringSchema },
      ['id'],
    ),
    examples: [{ type: 'error', id: 's1', code: 'bad_filter', message: `unknown field 'tag'` }],
  },
  ping: {
    summary: 'A heartbeat. It needs no reply.',
    payload: message('ping', {}),
    examples: [{ type: 'ping' }],
  },
  bye: {
    summary: 'The server closes the connection, and says when to reconnect.',
    payload: message('bye', {
      code: { enum: codes.map(({ code }) => code) },
      reason: { enum: codes.map(({ reason }) => reason) },
      retryAfterMs: withDescription(
        countSchema,
        'Minimum delay before reconnecting. 0 with codes from 4500: do not reconnect.',
      ),
    }),
    examples: [{ type: 'bye', code: 4000, reason: 'shutdown', retryAfterMs: 4200 }],
  },
};

/** The messages of an event stream. */
export const streamMessages = ['item', 'live', 'reset', 'bye'] as const satisfies readonly ServerMessage['type'][];
