import type { Context, Hono } from 'hono';
import type { CallbackHandler, CallbackResponse } from '../../push/websub/callback-handler.ts';
import { type BodyBudget, RequestBody } from './request-body.ts';

const maxPushBytes = 3 * 1024 * 1024;
const retryAfterSeconds = 60;

/** `/websub/callback/:id`: hubs of others verify (GET) and push (POST) here. It never redirects. */
export function callbackRoute(app: Hono, callbacks: CallbackHandler, budget: BodyBudget): void {
  app.get('/websub/callback/:id', async (c) => {
    const query = new URL(c.req.url).searchParams;
    return answer(c, await callbacks.verify(c.req.param('id'), query));
  });
  app.post('/websub/callback/:id', async (c) => {
    const body = new RequestBody(c, maxPushBytes, budget);
    const header = (name: string): string | null => c.req.header(name) ?? null;
    const push = {
      read: () => body.read(),
      contentType: header('content-type'),
      contentEncoding: header('content-encoding'),
      signature: header('x-hub-signature'),
    };
    try {
      return answer(c, await callbacks.receive(c.req.param('id'), push));
    } finally {
      body.release();
    }
  });
}

function answer(c: Context, { status, text }: CallbackResponse): Response {
  c.header('Cache-Control', 'no-store');
  if (status === 503) c.header('Retry-After', String(retryAfterSeconds));
  // A challenge goes back byte for byte.
  return c.text(text, status);
}
