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

/** Why a subscription is reset, in words for authors of clients. */
export const resetReasons: Readonly<Record<ResetReason, string>> = {
  cursor_too_old: 'The log no longer reaches back to the cursor.',
  epoch_changed: 'The log has begun anew since the cursor was given.',
  cursor_in_future: 'The cursor lies ahead of the log.',
  replay_too_large: 'What was missed is more, or older, than is replayed.',
};

const subscriptionId: SchemaFields = { id: { type: 'string', minLength: 1, maxLength: maxIdChars } };
const channel: SchemaFields = {
  ch: withDescription(stringSchema, 'Names the filter: the same for all that mean the same.'),
};
const epoch: SchemaFields = { epoch: withDescription(stringSchema, 'Name of the log; another one is another log.') };
const head: SchemaFields = { head: withDescription(countSchema, 'Seq of the newest event.') };
const floor: SchemaFields = { floor: withDescription(countSchema, 'Lowest seq that the log still has.') };
const millis = withDescription(countSchema, 'Milliseconds.');

function request(type: string, fields: SchemaFields, optional: readonly string[] = []) {
  return strictObject({ type: { const: type }, ...fields }, optional);
}

function message(type: string, fields: SchemaFields, optional: readonly string[] = []) {
  return extensibleObject({ type: { const: type }, ...fields }, optional);
}

/** What clients send, by type. Anything else is refused, never ignored. */
export const clientMessages: Readonly<Record<ClientMessage['type'], MessageDescription>> = {
  subscribe: {
    summary: 'Begins a subscription, after a place in the log.',
    payload: request(
      'subscribe',
      {
        ...subscriptionId,
        after: withDescription({ anyOf: [ref('Cursor'), { enum: ['head', 'floor'] }] }, 'Default: head.'),
        filter: ref('Filter'),
        filters: withDescription(
          arrayOf(ref('Filter'), { minItems: 1, maxItems: maxFilters }),
          'OR-ed; instead of filter.',
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
    summary: 'Ends a subscription. There is no answer; the id is free again.',
    payload: request('unsubscribe', subscriptionId),
    examples: [{ type: 'unsubscribe', id: 's1' }],
  },
  watch: {
    summary: 'Asks for the counts of reads and comments of items. Replaces the watch before; an empty list ends it.',
    payload: request('watch', { items: arrayOf(itemIdSchema, { maxItems: maxWatchedItems }) }),
    examples: [{ type: 'watch', items: [17, 18] }],
  },
  ping: {
    summary: 'Asks for a ping: for clients that cannot see ping frames.',
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

/** What the server sends, by type. A client passes over types that it does not know. */
export const serverMessages: Readonly<Record<ServerMessage['type'], MessageDescription>> = {
  welcome: {
    summary: 'Comes first: where the log stands, and the limits that hold.',
    payload: message('welcome', {
      v: { const: 1 },
      ...epoch,
      ...head,
      ...floor,
      pingIntervalMs: withDescription(millis, 'From one sign of life to the next.'),
      maxAgeMs: withDescription(millis, 'A session lives 80 to 100 % of it.'),
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
    summary: 'The subscription stands, and begins after this cursor.',
    payload: message('subscribed', { id: stringSchema, ...channel, after: ref('Cursor'), ...head }),
    examples: [{ type: 'subscribed', id: 's1', ch: '7fK2mQx1Ab', after: 'k3f9-1042', head: 1100 }],
  },
  item: {
    summary: 'One event: an item was added, changed, or left the filter.',
    payload: eventSchema({ type: { const: 'item' }, ...channel }),
    examples: [
      { type: 'item', ch: '7fK2mQx1Ab', seq: 1051, prev: 1042, op: 'add', item },
      { type: 'item', ch: '7fK2mQx1Ab', seq: 1060, prev: 1051, op: 'update', changed: ['title'], item: revised },
      { type: 'item', ch: '7fK2mQx1Ab', seq: 1093, prev: 1060, op: 'remove', item: removed },
    ],
  },
  items: {
    summary: 'Several events at once, in order: when there is more than one to send.',
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
    summary: 'The end of what was missed: all after this is news.',
    payload: message('live', { ...channel, ...positionFields }),
    examples: [{ type: 'live', ch: '7fK2mQx1Ab', seq: 1100, prev: 1093 }],
  },
  pos: {
    summary: 'Everything up to seq was looked at, and nothing after prev matched.',
    payload: message('pos', { ...channel, ...positionFields }),
    examples: [{ type: 'pos', ch: '7fK2mQx1Ab', seq: 1180, prev: 1093 }],
  },
  counts: {
    summary: 'Counts of watched items: all at first, then those that changed. Not part of the log.',
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
    summary: 'The subscription has ended: what follows its cursor cannot be sent. Read a snapshot, then subscribe.',
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
    summary: 'What was asked for cannot be. The connection goes on.',
    payload: message(
      'error',
      { id: stringSchema, code: { enum: Object.keys(protocolErrors) }, message: stringSchema },
      ['id'],
    ),
    examples: [{ type: 'error', id: 's1', code: 'bad_filter', message: `unknown field 'tag'` }],
  },
  ping: {
    summary: 'A sign of life, for watchdogs. Wants no answer.',
    payload: message('ping', {}),
    examples: [{ type: 'ping' }],
  },
  bye: {
    summary: 'The server ends the connection, and says when to come back.',
    payload: message('bye', {
      code: { enum: codes.map(({ code }) => code) },
      reason: { enum: codes.map(({ reason }) => reason) },
      retryAfterMs: withDescription(countSchema, 'The least to wait. 0 with codes from 4500: do not come back.'),
    }),
    examples: [{ type: 'bye', code: 4000, reason: 'shutdown', retryAfterMs: 4200 }],
  },
};

/** Those that a stream of server-sent events carries. */
export const streamMessages = ['item', 'live', 'reset', 'bye'] as const satisfies readonly ServerMessage['type'][];
