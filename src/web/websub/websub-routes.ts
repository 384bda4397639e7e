import type { Context, Hono } from 'hono';
import type { CallbackHandler, CallbackResponse } from '../../push/websub/callback-handler.ts';
import type { Hub, WebSubEndpoints } from '../../push/websub/websub-hub.ts';
import type { AppContext } from '../shared/app-context.ts';
import { addressKey, clientAddressOf } from '../shared/client-address.ts';
import { BodyBudget, RequestBody } from './request-body.ts';

/** Of all bodies that are being received: eight pushes of the maximum size. */
const maxBodyBytes = 24 * 1024 * 1024;
const maxPushBytes = 3 * 1024 * 1024;
const maxFormBytes = 16 * 1024;
const retryAfterSeconds = 60;

/** The routes for subscribers of our hub, and for remote hubs. */
export function websubRoutes(
  app: Hono,
  { hub, callbacks }: WebSubEndpoints,
  { clientAddress }: Pick<AppContext, 'clientAddress'>,
): void {
  const budget = new BodyBudget(maxBodyBytes);
  hubRoute(app, hub, { budget, clientAddress });
  callbackRoute(app, callbacks, budget);
}

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

/** `POST /websub/hub`: a form that subscribes or unsubscribes. Every response is one line of plain text. */
function hubRoute(
  app: Hono,
  hub: Pick<Hub, 'receive'>,
  { budget, clientAddress }: { readonly budget: BodyBudget } & Pick<AppContext, 'clientAddress'>,
): void {
  app.post('/websub/hub', async (c) => {
    c.header('Cache-Control', 'no-store');
    if (!isForm(c)) return c.text('Send a form: Content-Type application/x-www-form-urlencoded.\n', 400);
    const form = await readForm(new RequestBody(c, maxFormBytes, budget));
    if (form === 'too-large') return c.text('The form is too large.\n', 413);
    if (form === 'busy') {
      c.header('Retry-After', String(retryAfterSeconds));
      return c.text('Too many requests are being received; try again later.\n', 503);
    }
    const response = hub.receive(form, addressKey(clientAddressOf(c, { clientAddress })));
    if (response.status === 429) c.header('Retry-After', String(retryAfterSeconds));
    if (response.status === 307) c.header('Location', response.location);
    return c.text(`${response.text}\n`, response.status);
  });
  app.get('/websub/hub', (c) => {
    c.header('Cache-Control', 'no-store');
    c.header('Allow', 'POST');
    return c.text('This is the WebSub hub of our feeds. Subscribe with a POST.\n', 405);
  });
}

async function readForm(body: RequestBody): Promise<URLSearchParams | 'too-large' | 'busy'> {
  try {
    const read = await body.read();
    return read.kind === 'read' ? new URLSearchParams(read.body.toString('utf8')) : read.kind;
  } finally {
    body.release();
  }
}

function isForm(c: Context): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(c.req.header('content-type') ?? '');
}
