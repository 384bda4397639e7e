import type { Context, Hono } from 'hono';
import type { Hub } from '../../push/websub/hub.ts';
import { readBody } from './read-body.ts';

const maxFormBytes = 16 * 1024;
const retryAfterSeconds = 60;

/** `POST /websub/hub`: a form that asks to subscribe or unsubscribe. Every answer is a line of plain text. */
export function hubRoute(app: Hono, hub: Pick<Hub, 'receive'>): void {
  app.post('/websub/hub', async (c) => {
    c.header('Cache-Control', 'no-store');
    if (!isForm(c)) return c.text('Send a form: Content-Type application/x-www-form-urlencoded.\n', 400);
    const body = await readBody(c, maxFormBytes);
    if (body === null) return c.text('The form is too large.\n', 413);
    const answer = hub.receive(new URLSearchParams(body.toString('utf8')));
    if (answer.status === 429) c.header('Retry-After', String(retryAfterSeconds));
    if (answer.status === 307) c.header('Location', answer.location);
    return c.text(`${answer.text}\n`, answer.status);
  });
  app.get('/websub/hub', (c) => {
    c.header('Cache-Control', 'no-store');
    c.header('Allow', 'POST');
    return c.text('This is the WebSub hub of our feeds. Subscribe with a POST.\n', 405);
  });
}

function isForm(c: Context): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(c.req.header('content-type') ?? '');
}
