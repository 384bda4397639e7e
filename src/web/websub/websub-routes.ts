import type { Context, Hono } from 'hono';
import type { CallbackHandler, CallbackResponse } from '../../push/websub/callback-handler.ts';
import type { WebSubEndpoints } from '../../push/websub/websub-hub.ts';
import type { AppContext } from '../shared/app-context.ts';
import { hubRoute } from './hub-route.ts';
import { BodyBudget, RequestBody } from './request-body.ts';

/** Of all bodies that are being received: eight pushes of the maximum size. */
const maxBodyBytes = 24 * 1024 * 1024;

/** The routes for subscribers of our hub, and for remote hubs. */
export function websubRoutes(
  app: Hono,
  { hub, callbacks }: WebSubEndpoints,
  { clientAddress }: Pick<AppContext, 'clientAddress'>,
): void {
  const budget = new BodyBudget(maxBodyBytes);
  hubRoute(app, { hub, budget, clientAddress });
  callbackRoute(app, callbacks, budget);
}

const maxPushBytes = 3 * 1024 * 1024;
const retryAfterSeconds = 60;

/** `/websub/callback/:id`: remote hubs verify (GET) and push (POST) here. Never redirects. */
function callbackRoute(app: Hono, callbacks: CallbackHandler, budget: BodyBudget): void {
  app.get('/websub/callback/:id', async (c) => {
    const query = new URL(c.req.url).searchParams;
    return respond(c, await callbacks.verify(c.req.param('id'), query));
  });
  app.post('/websub/callback/:id', async (c) => {
    const body = new RequestBody(c, maxPushBytes, budget);
    const header = (name: string): string | null => c.req.header(name) ?? null;
    const push = {
      readBody: () => body.read(),
      contentType: header('content-type'),
      contentEncoding: header('content-encoding'),
      signature: header('x-hub-signature'),
    };
    try {
      return respond(c, await callbacks.receive(c.req.param('id'), push));
    } finally {
      body.release();
    }
  });
}

function respond(c: Context, { status, text }: CallbackResponse): Response {
  c.header('Cache-Control', 'no-store');
  if (status === 503) c.header('Retry-After', String(retryAfterSeconds));
  // No line feed at the end: a challenge must be returned byte for byte.
  return c.text(text, status);
}
