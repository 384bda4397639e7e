import { parseCursor } from '../../../domain/events/event.ts';
import type { Filter } from '../../../domain/events/filter.ts';
import { parseFilterParams } from '../../../domain/events/parse-filter.ts';
import { parseFilters } from '../../../push/fanout/event-filter.ts';
import type { StartPosition } from '../../../push/fanout/fan-out.ts';

/** Asks for the events after a position. */
export interface SubscribeRequest {
  readonly type: 'subscribe';
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly after: StartPosition;
}

/** A valid message of a client. */
export type ClientRequest =
  | SubscribeRequest
  | { readonly type: 'unsubscribe'; readonly id: string }
  | { readonly type: 'watch'; readonly items: readonly number[] }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' };

/** The codes of `error` messages, with their meanings for authors of clients. */
export const protocolErrors = {
  unknown_type: 'Clients cannot send messages of this type.',
  bad_id: 'The id is not a string of 1 to 64 characters.',
  bad_field: 'The message has an unknown field.',
  bad_filter: 'A filter has an unknown field, an invalid value, or too many values.',
  bad_cursor: '`after` is not a cursor, `head` or `floor`.',
  bad_items: '`items` is not an array of item ids, or it is too long.',
  duplicate_id: 'Another subscription of this connection has the id.',
  duplicate_filter: 'Another subscription of this connection has the same filter.',
  too_many_subscriptions: 'The connection has the maximum number of subscriptions.',
  unknown_subscription: 'No subscription of this connection has the id.',
  not_available: 'This server does not offer the requested data.',
} as const satisfies Readonly<Record<string, string>>;

/** The code of an `error` message. */
export type ProtocolErrorCode = keyof typeof protocolErrors;

/** A message of this protocol that cannot be carried out. */
export interface ProtocolError {
  readonly type: 'error';
  readonly id: string | null;
  readonly code: ProtocolErrorCode;
  readonly message: string;
}

/** The maximum number of items in a `watch`. */
export const maxWatchedItems = 200;
/** The maximum length of a subscription id. */
export const maxIdChars = 64;
const fields: Readonly<Record<string, readonly string[]>> = {
  subscribe: ['type', 'id', 'after', 'filter', 'filters'],
  unsubscribe: ['type', 'id'],
  watch: ['type', 'items'],
  ping: ['type'],
  pong: ['type'],
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses a message of a client. Unknown fields are refused, not ignored: a misspelt filter must not become a
 * subscription to everything.
 *
 * @returns null when the text is not a message: not a JSON object with a `type`.
 */
export function parseClientMessage(text: string): ClientRequest | ProtocolError | null {
  const message = readObject(text);
  const type = message?.['type'];
  if (message === null || typeof type !== 'string') return null;
  const names = Object.hasOwn(fields, type) ? fields[type] : undefined;
  const id = typeof message['id'] === 'string' ? message['id'].slice(0, maxIdChars) : null;
  if (names === undefined) return protocolError(id, 'unknown_type', `unknown type '${type.slice(0, 60)}'`);
  const unknown = Object.keys(message).find((name) => !names.includes(name));
  if (unknown !== undefined) return protocolError(id, 'bad_field', `unknown field '${unknown.slice(0, 60)}'`);
  if (type === 'watch') return readWatch(message);
  if (type === 'ping' || type === 'pong') return { type };
  if (!isSubscriptionId(message['id']))
    return protocolError(null, 'bad_id', `'id' must be a string of 1 to ${maxIdChars} characters`);
  return type === 'unsubscribe' ? { type, id: message['id'] } : readSubscribe(message['id'], message);
}

function readObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    // Not JSON: the caller closes the session with `bad_message`.
    return null;
  }
}

/** Creates an error. @param message for the author of the client. */
export function protocolError(id: string | null, code: ProtocolErrorCode, message: string): ProtocolError {
  return { type: 'error', id, code, message };
}

function isSubscriptionId(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= maxIdChars;
}

function readWatch({ items }: Fields): ClientRequest | ProtocolError {
  const isItem = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
  if (!Array.isArray(items) || items.length > maxWatchedItems || !items.every(isItem)) {
    return protocolError(null, 'bad_items', `'items' must be an array of at most ${maxWatchedItems} item ids`);
  }
  return { type: 'watch', items: items as readonly number[] };
}

function readSubscribe(id: string, message: Fields): SubscribeRequest | ProtocolError {
  const filters = parseFilters(message['filter'], message['filters']);
  if ('error' in filters) return protocolError(id, 'bad_filter', filters.error);
  const after = parseAfter(message['after']);
  if (after === null) return protocolError(id, 'bad_cursor', `'after' must be a cursor, "head" or "floor"`);
  return { type: 'subscribe', id, filters, after };
}

/** The position to start after. Absent: the newest event. @returns null when the value is invalid. */
export function parseAfter(value: unknown): StartPosition | null {
  if (value === undefined || value === 'head') return 'head';
  if (value === 'floor') return 'floor';
  return typeof value === 'string' ? parseCursor(value) : null;
}

/** The filter field of each query parameter. */
const parameters: Readonly<Record<string, string>> = {
  section: 'sections',
  source: 'sources',
  category: 'categories',
  language: 'languages',
};

/**
 * Parses the subscription in a query: `?section=World&source=…&category=…&language=…&q=…&after=…`, or
 * `?filter={"sections":["World"]}&filter=…&after=…` for several filters.
 */
export function parseSubscriptionQuery(id: string, params: URLSearchParams): SubscribeRequest | ProtocolError {
  if (params.has('filter')) return parseFilterQuery(id, params);
  // Without a prototype, `__proto__` is an ordinary name, and not a field of a filter.
  const filter = Object.create(null) as Record<string, unknown>;
  for (const name of new Set(params.keys())) {
    if (name === 'after') continue;
    const field = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (field !== undefined) filter[field] = params.getAll(name);
    else if (name === 'backfill') filter['backfill'] = parseBoolean(params.get('backfill'));
    else filter[name] = params.get(name);
  }
  return readSubscribe(id, { filter, after: params.get('after') ?? undefined });
}

function parseFilterQuery(id: string, params: URLSearchParams): SubscribeRequest | ProtocolError {
  const other = [...params.keys()].find((name) => name !== 'filter' && name !== 'after');
  if (other !== undefined) {
    return protocolError(
      id,
      'bad_filter',
      `'${other.slice(0, 60)}' cannot be combined with 'filter': put it into the JSON`,
    );
  }
  const filters = parseFilterParams(params.getAll('filter'));
  if ('error' in filters) return protocolError(id, 'bad_filter', filters.error);
  return readSubscribe(id, { filters, after: params.get('after') ?? undefined });
}

/** A boolean of a query. Any other text is returned as it is, and refused by the filter. */
function parseBoolean(text: string | null): boolean | string | null {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : text;
}
