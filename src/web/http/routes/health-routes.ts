import type { Hono } from 'hono';
import { storageAdvice } from '../../../domain/storage.ts';
import type { AppContext } from '../../shared/app-context.ts';

/** `/healthz`: the process is alive. `/readyz`: the database can be read and written. */
export function healthRoutes(app: Hono, parts: Pick<AppContext, 'ready' | 'storage'>): void {
  app.get('/healthz', (c) => {
    c.header('Cache-Control', 'no-store');
    return c.text('ok\n');
  });
  app.get('/readyz', async (c) => {
    const checks = await parts.ready();
    const ready = Object.values(checks).every((passed) => passed);
    c.header('Cache-Control', 'no-store');
    return c.json({ ready, checks, ...reasonOf(parts) }, ready ? 200 : 503);
  });
}

/** The fault of the storage: its code and a message for people. */
function reasonOf({ storage }: Pick<AppContext, 'storage'>): object {
  const fault = storage?.()?.fault;
  if (fault === undefined) return {};
  const { what, remedy } = storageAdvice[fault];
  return { reason: fault, message: `${what}. ${remedy}.` };
}
