import type { Context } from 'hono';
import { CompressibleBody, send } from '../http/response/send.ts';

const sending = { contentType: 'application/json; charset=utf-8', cacheControl: 'no-cache' };

/** Sends a value as JSON, with an ETag. */
export function sendJson(c: Context, value: object): Promise<Response> {
  return sendJsonText(c, JSON.stringify(value));
}

/** Sends JSON that is written already, with an ETag. */
export function sendJsonText(c: Context, json: string): Promise<Response> {
  return send(c, new CompressibleBody(json), sending);
}
