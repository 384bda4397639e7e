import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { AppContext } from '../../shared/app-context.ts';
import { notFound } from '../../shared/request-error.ts';
import { isValidProbe, probeHeader, probePath, type SeenRequest } from '../security/server-probe.ts';

type DiagnosticsContext = Pick<AppContext, 'clientAddress' | 'clock' | 'publicUrl' | 'readers' | 'version'>;

/**
 * `GET /diagnostics/request` describes how the server sees the request, for `newswire doctor`. Without a valid probe it
 * is answered like an unknown address.
 */
export function diagnosticsRoute(app: Hono, context: DiagnosticsContext): void {
  const { readers, clock, version, publicUrl, clientAddress } = context;
  app.get(probePath, (c) => {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const probe = c.req.header(probeHeader) ?? '';
    if (readers === null || incoming === undefined || !isValidProbe(readers.signingSecret, probe, clock.now())) {
      throw notFound();
    }
    c.header('Cache-Control', 'no-store');
    return c.json({
      version,
      address: incoming.socket.remoteAddress ?? '',
      clientAddress: clientAddress(incoming),
      hasForwardedFor: incoming.headers['x-forwarded-for'] !== undefined,
      host: incoming.headers.host ?? '',
      publicUrl,
    } satisfies SeenRequest);
  });
}
