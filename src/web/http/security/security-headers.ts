import type { Context, Hono, MiddlewareHandler } from 'hono';

/** The default policy: the response may load nothing, and no page may frame it. */
const defaultPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/**
 * The policy of pages: our own scripts and stylesheets, publishers' pictures and media over https, nothing inline.
 *
 * @param pictureOrigins further origins of pictures.
 */
export function pagePolicy(pictureOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${["'self'", 'https:', ...pictureOrigins].join(' ')}`,
    'media-src https:',
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

/** The policy of output feeds: a browser that displays the XML must not run scripts in it. */
export const feedPolicy = "sandbox; default-src 'none'; style-src 'self'; img-src https:";

const disabledFeatures = (
  'accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope magnetometer ' +
  'microphone midi payment picture-in-picture publickey-credentials-get screen-wake-lock usb ' +
  'xr-spatial-tracking'
).split(' ');
const permissions = disabledFeatures.map((feature) => `${feature}=()`).join(', ');

/**
 * Sets the security headers of every response, before the handler runs: a handler can replace a header
 * (`Content-Security-Policy`, `Cross-Origin-Resource-Policy`), and error responses have the headers too.
 */
export function securityHeaders(publicUrl: string): MiddlewareHandler {
  return async (c, next) => {
    c.header('Content-Security-Policy', defaultPolicy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Permissions-Policy', permissions);
    c.header('Cross-Origin-Opener-Policy', 'same-origin');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    if (publicUrl.startsWith('https:')) c.header('Strict-Transport-Security', 'max-age=31536000');
    await next();
  };
}

/** The request headers that scripts of feed readers send: validators, a cursor, and what their libraries add. */
const corsRequestHeaders = 'Cache-Control, If-Modified-Since, If-None-Match, Last-Event-ID, Pragma, X-Requested-With';

/** Lets scripts of any site read a response (CORS): it is public and does not depend on cookies. */
export const allowAnyOrigin: MiddlewareHandler = async (c, next) => {
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Access-Control-Expose-Headers', 'ETag, Last-Modified, Link, Retry-After');
  c.header('Cross-Origin-Resource-Policy', 'cross-origin');
  await next();
};

/** Answers CORS preflight requests with 204. Browsers send them before a GET with other headers than usual. */
export function allowCorsPreflight(app: Hono, path: string): void {
  app.options(path, allowAnyOrigin, (c: Context) => {
    c.header('Allow', 'GET, HEAD, OPTIONS');
    c.header('Access-Control-Allow-Methods', 'GET, HEAD');
    c.header('Access-Control-Allow-Headers', corsRequestHeaders);
    c.header('Access-Control-Max-Age', '86400');
    return c.body(null, 204);
  });
}
