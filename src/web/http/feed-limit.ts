import type { MiddlewareHandler } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { addressKey } from '../live/address-key.ts';
import type { AppParts } from '../parts.ts';
import { isFeedPath } from '../syndication/routes.ts';
import { clientOf } from './client-of.ts';
import { take } from './take.ts';

/** Whole feeds that one address may fetch of one path in an hour: every half minute. */
const quota = { points: 120, duration: 3600 };

/**
 * Keeps off programs that fetch a whole output feed again and again. Whoever says what it holds already
 * (`If-None-Match`, `If-Modified-Since`) is not counted, however often it asks; neither is this machine itself.
 */
export function feedLimit(parts: Pick<AppParts, 'clientAddress'>): MiddlewareHandler {
  const fetched = new RateLimiterMemory(quota);
  return async (c, next) => {
    const isConditional = ['if-none-match', 'if-modified-since'].some((name) => c.req.header(name) !== undefined);
    if (c.req.method !== 'GET' || isConditional || !isFeedPath(c.req.path)) return next();
    const address = clientOf(c, parts);
    const key = address === '' ? null : addressKey(address);
    const waitS = key === null ? null : await take(fetched, `${key} ${c.req.path}`);
    if (waitS === null) return next();
    c.header('Retry-After', String(waitS));
    c.header('Cache-Control', 'no-store');
    const message =
      'This feed was fetched more than 120 times in an hour without If-None-Match or If-Modified-Since. ' +
      'Send the ETag of the last answer: such requests are not limited.\n';
    return c.text(message, 429);
  };
}
