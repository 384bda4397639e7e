import type { Context, Hono } from 'hono';
import type { Hub } from '../../push/websub/websub-hub.ts';
import { addressKey } from '../shared/address-key.ts';
import type { AppContext } from '../shared/app-context.ts';
import { clientAddressOf } from '../shared/client-of.ts';
import { type BodyBudget, RequestBody } from './request-body.ts';

const maxFormBytes = 16 * 1024;
const retryAfterSeconds = 60;

/** What the hub's route depends on. */
export interface HubRouteParts extends Pick<AppContext, 'clientAddress'> {
  readonly hub: Pick<Hub, 'receive'>;
  readonly budget: BodyBudget;
}

/** `POST /websub/hub`: a form that subscribes or unsubscribes. Every response is one line of plain text. */
export function hubRoute(app: Hono, { hub, budget, clientAddress }: HubRouteParts): void {
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
