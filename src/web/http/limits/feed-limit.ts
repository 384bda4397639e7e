import type { Context } from 'hono';
import { hourMs } from '../../../domain/durations.ts';
import { LruCache } from '../../../runtime/lru-cache.ts';
import { addressKey } from '../../shared/address-key.ts';
import type { AppContext } from '../../shared/app-context.ts';
import { clientAddressOf } from '../../shared/client-of.ts';
import { RequestError } from '../../shared/request-error.ts';

/** Whole answers of one feed that one address may fetch in an hour: one every half minute. */
const maxFetches = 120;
const windowMs = hourMs;
/** Records of about 60,000 pairs of address and feed. Beyond that the oldest are forgotten. */
const recordsBytes = 20 * 1024 * 1024;
const recordBytes = 32;

/** Fetches since the first of the running hour. */
interface Fetches {
  count: number;
  readonly endMs: number;
}

/**
 * Limits how often one address fetches one whole output feed. Only answers with a body (200) count: a client that says
 * what it holds and is told that nothing has changed (304) is never limited. Loopback is not counted.
 */
export class FeedLimit {
  readonly #nowMs: () => number;
  readonly #fetches: LruCache<Fetches>;

  /**
   * @param nowMs of a clock that is never put back: else a wait would grow by as much.
   * @param maxBytes of all that is remembered.
   */
  constructor(nowMs: () => number, maxBytes = recordsBytes) {
    this.#nowMs = nowMs;
    this.#fetches = new LruCache({ maxBytes });
  }

  /** Pairs of address and feed that are remembered. */
  get size(): number {
    return this.#fetches.size;
  }

  /**
   * Whole seconds until the address may fetch the feed again, without counting anything; null: it may now.
   *
   * @param address of the client; '' when there is none.
   * @param feed its canonical path, like `/sections/world/feed.rss`.
   */
  waitSeconds(address: string, feed: string): number | null {
    const key = keyOf(address, feed);
    return key === null ? null : this.#waitOf(this.#current(key));
  }

  /** Counts a whole answer. A fetch that has to wait, as `wait` says, is not counted. */
  consume(address: string, feed: string): number | null {
    const key = keyOf(address, feed);
    if (key === null) return null;
    const current = this.#current(key);
    const waitS = this.#waitOf(current);
    if (waitS !== null) return waitS;
    if (current === undefined) this.#fetches.set(key, { count: 1, endMs: this.#nowMs() + windowMs }, recordBytes);
    else current.count += 1;
    return null;
  }

  #current(key: string): Fetches | undefined {
    const found = this.#fetches.get(key);
    return found !== undefined && this.#nowMs() < found.endMs ? found : undefined;
  }

  #waitOf(fetches: Fetches | undefined): number | null {
    if (fetches === undefined || fetches.count < maxFetches) return null;
    return Math.max(1, Math.ceil((fetches.endMs - this.#nowMs()) / 1000));
  }
}

function keyOf(address: string, feed: string): string | null {
  const from = address === '' ? null : addressKey(address);
  return from === null ? null : `${from} ${feed}`;
}

/** What a request for a feed is limited by; without a limit, nothing is. */
export interface FeedLimitContext extends Pick<AppContext, 'clientAddress'> {
  readonly limit?: FeedLimit;
}

/** Passed with a request whose cached answer was refused already: the seconds to wait. */
export interface RefusedFeedFetch {
  readonly feedWaitS?: number;
}

/**
 * Refuses a request early, before a feed is made for it: one that says nothing of what the client holds cannot be
 * answered by 304.
 *
 * @throws RequestError 429
 */
export function requireFeedQuota(c: Context, parts: FeedLimitContext, feed: string): void {
  const { feedWaitS } = (c.env ?? {}) as RefusedFeedFetch;
  if (feedWaitS !== undefined) throw tooOften(c, feedWaitS);
  const isConditional = c.req.header('if-none-match') !== undefined || c.req.header('if-modified-since') !== undefined;
  if (c.req.method !== 'GET' || isConditional) return;
  const waitS = parts.limit?.waitSeconds(clientAddressOf(c, parts), feed) ?? null;
  if (waitS !== null) throw tooOften(c, waitS);
}

/**
 * Counts a feed that is about to be sent whole.
 *
 * @throws RequestError 429 when the address has fetched it too often.
 */
export function consumeFeedQuota(c: Context, parts: FeedLimitContext, feed: string): void {
  if (c.req.method !== 'GET') return;
  const waitS = parts.limit?.consume(clientAddressOf(c, parts), feed) ?? null;
  if (waitS !== null) throw tooOften(c, waitS);
}

function tooOften(c: Context, waitS: number): RequestError {
  c.header('Retry-After', String(waitS));
  const message =
    `This feed was sent to your address ${maxFetches} times within an hour. Send the ETag of the last answer as ` +
    'If-None-Match: answers that nothing has changed (304) are not limited.';
  return new RequestError({ status: 429, code: 'too_many_fetches', message });
}
