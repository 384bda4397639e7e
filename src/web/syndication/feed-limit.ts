import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { hourMs } from '../../domain/durations.ts';
import { LruCache } from '../../runtime/lru-cache.ts';
import { addressKey } from '../shared/client-address.ts';
import { RequestError } from '../shared/request-error.ts';

/** Responses with a body that one address may fetch of one feed in an hour: one every 30 seconds. */
const maxFetches = 120;
const windowMs = hourMs;
/** Records of about 60,000 pairs of address and feed. When it is full, the oldest are dropped. */
const defaultMaxBytes = 20 * 1024 * 1024;
const recordBytes = 32;

/** The fetches since the first of the current hour. */
interface Fetches {
  count: number;
  readonly endMs: number;
}

export interface FeedLimitOptions {
  /** A clock that is never set back: a wait would grow by as much. */
  readonly nowMs: () => number;
  readonly clientAddress: (request: IncomingMessage) => string;
  /** Of all records. */
  readonly maxBytes?: number;
}

/**
 * Limits how often one address fetches the whole of one output feed. Only responses with a body (200) count: a client
 * that sends validators and gets 304 is never limited. Loopback is not limited.
 */
export class FeedLimit {
  readonly #options: FeedLimitOptions;
  readonly #fetches: LruCache<Fetches>;
  readonly #refused = new WeakMap<IncomingMessage, number>();

  constructor(options: FeedLimitOptions) {
    this.#options = options;
    this.#fetches = new LruCache({ maxBytes: options.maxBytes ?? defaultMaxBytes });
  }

  /** The pairs of address and feed that have a record. */
  get size(): number {
    return this.#fetches.size;
  }

  /**
   * Counts a fetch that is about to be answered with a body. A refused fetch is not counted.
   *
   * @param feed its canonical path: `/sections/world/feed.rss`.
   * @returns whole seconds until the address may fetch the feed again; null: it may now.
   */
  consume(request: IncomingMessage, feed: string): number | null {
    const key = this.#keyOf(request, feed);
    if (key === null) return null;
    const current = this.#current(key);
    const waitS = this.#waitOf(current);
    if (waitS !== null) this.#refused.set(request, waitS);
    else if (current === undefined) this.#fetches.set(key, { count: 1, endMs: this.#nowMs() + windowMs }, recordBytes);
    else current.count += 1;
    return waitS;
  }

  /**
   * Whether the fetch is refused, without counting it. A conditional request is not: its answer may be 304. One that
   * `consume` has refused already is.
   */
  check(request: IncomingMessage, feed: string): number | null {
    const refused = this.#refused.get(request);
    if (refused !== undefined) return refused;
    const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = request.headers;
    if (ifNoneMatch !== undefined || ifModifiedSince !== undefined) return null;
    const key = this.#keyOf(request, feed);
    return key === null ? null : this.#waitOf(this.#current(key));
  }

  #keyOf(request: IncomingMessage, feed: string): string | null {
    const address = this.#options.clientAddress(request);
    const client = address === '' ? null : addressKey(address);
    return client === null ? null : `${client} ${feed}`;
  }

  #current(key: string): Fetches | undefined {
    const found = this.#fetches.get(key);
    return found !== undefined && this.#nowMs() < found.endMs ? found : undefined;
  }

  #waitOf(fetches: Fetches | undefined): number | null {
    if (fetches === undefined || fetches.count < maxFetches) return null;
    return Math.max(1, Math.ceil((fetches.endMs - this.#nowMs()) / 1000));
  }

  #nowMs(): number {
    return this.#options.nowMs();
  }
}

/** Refuses fetches of one feed. Both steps throw RequestError 429. */
export interface FeedQuota {
  /** Before the feed is built: refuses a request whose answer cannot be 304. */
  check(): void;
  /** Before a body is sent: counts it. */
  consume(): void;
}

/**
 * The quota of the client of one request for one feed.
 *
 * @param limit null: nothing is refused.
 */
export function feedQuota(c: Context, limit: FeedLimit | null, feed: string): FeedQuota {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  // HEAD has no body, and WebSub reads its topics without a client.
  if (limit === null || incoming === undefined || c.req.method !== 'GET') return { check() {}, consume() {} };
  const refuse = (waitS: number | null): void => {
    if (waitS === null) return;
    c.header('Retry-After', String(waitS));
    throw tooManyFetches();
  };
  const request = incoming as IncomingMessage;
  return { check: () => refuse(limit.check(request, feed)), consume: () => refuse(limit.consume(request, feed)) };
}

function tooManyFetches(): RequestError {
  const message =
    `Your address has fetched this feed ${maxFetches} times within an hour. Send the ETag of the last response as ` +
    'If-None-Match: responses without changes (304) are not limited.';
  return new RequestError({ status: 429, code: 'too_many_fetches', message });
}
