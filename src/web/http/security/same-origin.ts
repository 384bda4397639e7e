import type { Context } from 'hono';
import { RequestError } from '../../shared/request-error.ts';
import { isOwnOrigin } from './own-origin.ts';

/**
 * Refuses a request that changes something unless one of our pages has made it (protection against CSRF).
 *
 * Browsers send `Sec-Fetch-Site`, but not over plain http to another machine; there they send `Origin`. A request with
 * neither header does not come from a form in a browser.
 *
 * @throws RequestError 403
 */
export function requireSameOrigin(c: Context, publicUrl: string): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isOurs =
    site === undefined
      ? origin !== undefined && isOwnOrigin(origin, { host: c.req.header('host'), publicUrl })
      : site === 'same-origin';
  if (!isOurs) throw foreignForm();
}

function foreignForm(): RequestError {
  const message = 'This form was not sent from a page of this site. Open the page again and send the form from there.';
  return new RequestError({ status: 403, code: 'bad_origin', message });
}
