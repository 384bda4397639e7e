import type { Hono } from 'hono';
import type { AppParts } from './parts.ts';

/** `/healthz`: the process answers. `/readyz`: so does what it stands on. */
export function healthRoutes(app: Hono, parts: Pick<AppParts, 'ready'>): void {
  app.get('/healthz', (c) => {
    c.header('Cache-Control', 'no-store');
    return c.text('ok\n');
  });
  app.get('/readyz', async (c) => {
    const checks = await parts.ready();
    const ready = Object.values(checks).every((fine) => fine);
    c.header('Cache-Control', 'no-store');
    return c.json({ ready, checks }, ready ? 200 : 503);
  });
}
