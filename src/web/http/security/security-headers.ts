import type { Context, Hono, MiddlewareHandler } from 'hono';

/** For whatever has no policy of its own: nothing may be loaded, nobody may frame it. */
const sealed = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/**
 * Pages: our own script and style, publishers' pictures and sound over https, nothing inline.
 *
 * @param pictureOrigins from which pictures may come too.
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

/** Output feeds: a browser that shows the XML itself must run none of it. */
export const feedPolicy = "sandbox; default-src 'none'; style-src 'self'; img-src https:";

const refusedFeatures = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'usb',
  'xr-spatial-tracking',
];
const permissions = refusedFeatures.map((feature) => `${feature}=()`).join(', ');

/**
 * The headers that every answer carries, set before the handler runs: a handler may then loosen what it must
 * (`Content-Security-Policy`, `Cross-Origin-Resource-Policy`), and an error answer has them as well.
 */
export function securityHeaders(publicUrl: () => string): MiddlewareHandler {
  return async (c, next) => {
    c.header('Content-Security-Policy', sealed);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Permissions-Policy', permissions);
    c.header('Cross-Origin-Opener-Policy', 'same-origin');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    if (publicUrl().startsWith('https:')) c.header('Strict-Transport-Security', 'max-age=31536000');
    await next();
  };
}

/** What scripts of feed readers send besides what needs no leave: validators, a place, and what their libraries add. */
const openHeaders = 'Cache-Control, If-Modified-Since, If-None-Match, Last-Event-ID, Pragma, X-Requested-With';

/** Lets any site's script read an answer: everything here is public and no cookie is ever looked at. */
export const allowAnyOrigin: MiddlewareHandler = async (c, next) => {
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Access-Control-Expose-Headers', 'ETag, Last-Modified, Link, Retry-After');
  c.header('Cross-Origin-Resource-Policy', 'cross-origin');
  await next();
};

/** Answers what a browser asks before its script may send more than a plain GET (CORS preflight): 204. */
export function allowCorsPreflight(app: Hono, path: string): void {
  app.options(path, allowAnyOrigin, (c: Context) => {
    c.header('Allow', 'GET, HEAD, OPTIONS');
    c.header('Access-Control-Allow-Methods', 'GET, HEAD');
    c.header('Access-Control-Allow-Headers', openHeaders);
    c.header('Access-Control-Max-Age', '86400');
    return c.body(null, 204);
  });
}
