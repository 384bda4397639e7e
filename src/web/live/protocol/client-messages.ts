import { parseCursor } from '../../../domain/events/event.ts';
import type { Filter } from '../../../domain/events/filter.ts';
import { parseFilterParams } from '../../../domain/events/filter-params.ts';
import { parseFilters } from '../../../push/fanout/event-filter.ts';
import type { StartPosition } from '../../../push/fanout/fan-out.ts';

/** A wish to be told of what comes after a place. */
export interface SubscribeRequest {
  readonly type: 'subscribe';
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly after: StartPosition;
}

/** A message of a client that makes sense. */
export type ClientRequest =
  | SubscribeRequest
  | { readonly type: 'unsubscribe'; readonly id: string }
  | { readonly type: 'watch'; readonly items: readonly number[] }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' };

/** What a client may have asked wrongly: the codes of `error`, and what each says to the client's author. */
export const protocolErrors = {
  unknown_type: 'There is no message of this type from clients.',
  bad_id: 'The id is no string of 1 to 64 characters.',
  bad_field: 'The message has a field that is not known.',
  bad_filter: 'A filter has an unknown field, a value that means nothing, or too many values.',
  bad_cursor: '`after` is neither a cursor nor `head` nor `floor`.',
  bad_items: '`items` is no array of item ids, or too long.',
  duplicate_id: 'A subscription of this connection has the id already.',
  duplicate_filter: 'A subscription of this connection has the same filter already.',
  too_many_subscriptions: 'The connection has as many subscriptions as it may.',
  unknown_subscription: 'No subscription of this connection has the id.',
  not_available: 'This server does not offer what was asked for.',
} as const satisfies Readonly<Record<string, string>>;

/** Which fault it was. */
export type ProtocolErrorCode = keyof typeof protocolErrors;

/** A message that is one of this protocol, but asks for something that cannot be. */
export interface ProtocolError {
  readonly type: 'fault';
  readonly id: string | null;
  readonly code: ProtocolErrorCode;
  readonly message: string;
}

/** Items that one `watch` may name. */
export const maxWatchedItems = 200;
/** Characters of a subscription's id. */
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
 * Reads a client's message. What is not understood is refused, never ignored: a misspelt filter must not become a
 * subscription to everything.
 *
 * @returns null when the text is not a message at all: no JSON object with a `type`.
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
    // Text that is no JSON is no message: the caller closes the session with the code that says so.
    return null;
  }
}

/** A fault in words for the client's author. */
export function protocolError(id: string | null, code: ProtocolErrorCode, message: string): ProtocolError {
  return { type: 'fault', id, code, message };
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

/** A place to begin at; null when the value is none. Nothing given is the newest event. */
export function parseAfter(value: unknown): StartPosition | null {
  if (value === undefined || value === 'head') return 'head';
  if (value === 'floor') return 'floor';
  return typeof value === 'string' ? parseCursor(value) : null;
}

/** The filter's field for each name that may stand in an address. */
const parameters: Readonly<Record<string, string>> = {
  section: 'sections',
  source: 'sources',
  category: 'categories',
  language: 'languages',
};

/**
 * Reads the subscription that an address asks for: `?section=World&source=…&category=…&language=…&q=…&after=…`, or
 * `?filter={"sections":["World"]}&filter=…&after=…` for several filters.
 */
export function parseSubscriptionQuery(id: string, params: URLSearchParams): SubscribeRequest | ProtocolError {
  if (params.has('filter')) return readFilterAddress(id, params);
  // Without a prototype: `__proto__` is a name like any other, and no field of a filter.
  const filter = Object.create(null) as Record<string, unknown>;
  for (const name of new Set(params.keys())) {
    if (name === 'after') continue;
    const field = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (field !== undefined) filter[field] = params.getAll(name);
    else if (name === 'backfill') filter['backfill'] = readFlag(params.get('backfill'));
    else filter[name] = params.get(name);
  }
  return readSubscribe(id, { filter, after: params.get('after') ?? undefined });
}

function readFilterAddress(id: string, params: URLSearchParams): SubscribeRequest | ProtocolError {
  const other = [...params.keys()].find((name) => name !== 'filter' && name !== 'after');
  if (other !== undefined) {
    return protocolError(
      id,
      'bad_filter',
      `'${other.slice(0, 60)}' cannot stand beside 'filter': write it into the JSON`,
    );
  }
  const filters = parseFilterParams(params.getAll('filter'));
  if ('error' in filters) return protocolError(id, 'bad_filter', filters.error);
  return readSubscribe(id, { filters, after: params.get('after') ?? undefined });
}

/** A flag as addresses say it; what is neither yes nor no stays text, and is refused as a filter. */
function readFlag(text: string | null): boolean | string | null {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : text;
}
