import type { Context } from 'hono';
import { RequestError } from '../../shared/request-error.ts';
import { isOwnOrigin } from './own-origin.ts';

/**
 * Refuses a request that would change something and was not made by a page of ours.
 *
 * Browsers say where a request comes from in `Sec-Fetch-Site`, but not over plain http outside this machine; there
 * `Origin` tells. What says neither is no browser's form.
 *
 * @throws RequestError 403
 */
export function requireSameOrigin(c: Context, publicUrl: string): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const fromUs =
    site === undefined
      ? origin !== undefined && isOwnOrigin(origin, { host: c.req.header('host'), publicUrl })
      : site === 'same-origin';
  if (!fromUs) throw foreign();
}

function foreign(): RequestError {
  const message = 'This form was not sent by a page of this site. Please open the page again and send it from there.';
  return new RequestError({ status: 403, code: 'bad_origin', message });
}
