import type { Context } from 'hono';
import { CompressibleBody } from '../http/response/content-coding.ts';
import { send } from '../http/response/send.ts';

const sending = { contentType: 'application/json; charset=utf-8', cacheControl: 'no-cache' };

/** Sends a value as JSON, with an ETag. */
export function sendJson(c: Context, value: object): Promise<Response> {
  return send(c, new CompressibleBody(JSON.stringify(value)), sending);
}
