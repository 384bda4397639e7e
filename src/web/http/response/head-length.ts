import type { MiddlewareHandler } from 'hono';

/**
 * Gives an answer to HEAD the Content-Length that the answer to GET has (RFC 9110 §8.6), errors included: the framework
 * drops the body before anybody has counted it.
 */
export const headContentLength: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.method !== 'HEAD' || c.res.body === null || c.res.headers.has('Content-Length')) return;
  const { byteLength } = await c.res.clone().arrayBuffer();
  c.res.headers.set('Content-Length', String(byteLength));
};
