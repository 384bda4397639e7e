import type { MiddlewareHandler } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { addressKey } from '../live/address-key.ts';
import type { AppParts } from '../parts.ts';
import { isFeedPath } from '../syndication/routes.ts';
import { clientOf } from './client-of.ts';
import { take } from './take.ts';

/** Whole feeds that one address may fetch of one path in an hour: every half minute. */
const quota = { points: 120, duration: 3600 };

/** A request as the limit sees it. */
export interface Fetching {
  readonly method: string;
  readonly path: string;
  header(name: string): string | undefined;
  /** '' when there is none. */
  address(): string;
}

/** Seconds that whoever fetches has to wait; null, or a promise of null: none. */
export type FeedLimit = (fetching: Fetching) => Promise<number | null> | null;

/**
 * Keeps off programs that fetch a whole output feed again and again. Whoever says what it holds already
 * (`If-None-Match`, `If-Modified-Since`) is not counted, however often it asks; neither is this machine itself.
 */
export function createFeedLimit(): FeedLimit {
  const fetched = new RateLimiterMemory(quota);
  return ({ method, path, header, address }) => {
    const isConditional = header('if-none-match') !== undefined || header('if-modified-since') !== undefined;
    if (method !== 'GET' || isConditional || !isFeedPath(path)) return null;
    const from = address();
    const key = from === '' ? null : addressKey(from);
    return key === null ? null : take(fetched, `${key} ${path}`);
  };
}

/** Applies the limit to what no kept answer is given for. */
export function feedLimit(limit: FeedLimit, parts: Pick<AppParts, 'clientAddress'>): MiddlewareHandler {
  return async (c, next) => {
    const { method, path } = c.req;
    const header = (name: string): string | undefined => c.req.header(name);
    const waitS = await limit({ method, path, header, address: () => clientOf(c, parts) });
    if (waitS === null) return next();
    c.header('Retry-After', String(waitS));
    c.header('Cache-Control', 'no-store');
    const message =
      'This feed was fetched more than 120 times in an hour without If-None-Match or If-Modified-Since. ' +
      'Send the ETag of the last answer: such requests are not limited.\n';
    return c.text(message, 429);
  };
}
