import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { AppContext } from '../../shared/app-context.ts';
import { addressKey, clientAddressOf } from '../../shared/client-address.ts';
import { isOwnHost } from '../security/own-origin.ts';
import { TokenGuard } from '../security/token-guard.ts';

/** The headers of a request that a proxy forwards. */
const proxyHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'] as const;

const refusal = 'Metrics are available on this machine only, or with METRICS_TOKEN as a bearer token.\n';

/** What the route works with. */
type MetricsContext = Pick<AppContext, 'metrics' | 'clientAddress' | 'publicUrl' | 'log'>;

/**
 * `GET /metrics`, for clients on this machine and for clients with METRICS_TOKEN. Metrics are not public: they name
 * every source and count the readers.
 */
export function metricsRoutes(app: Hono, context: MetricsContext): void {
  const { metrics, log } = context;
  if (metrics === null) return;
  const { token } = metrics;
  const guard = token === null ? null : new TokenGuard({ variable: 'METRICS_TOKEN', token, log });
  app.get('/metrics', async (c) => {
    c.header('Cache-Control', 'no-store');
    const refused = await refusalOf(c, guard, context);
    if (refused !== null) return refused;
    c.header('Content-Type', metrics.contentType);
    return c.body(await metrics.read());
  });
}

/** Null: the client may read the metrics. */
async function refusalOf(c: Context, guard: TokenGuard | null, context: MetricsContext): Promise<Response | null> {
  const text = /^Bearer (.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
  if (text === undefined || guard === null) {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const isLocal = incoming !== undefined && isFromThisMachine(incoming, context.publicUrl);
    return isLocal ? null : c.text(refusal, 403);
  }
  const check = await guard.check({ text, address: clientAddressOf(c, context), endpoint: '/metrics' });
  if (check.kind === 'right') return null;
  if (check.kind === 'wrong') return c.text(refusal, 403);
  c.header('Retry-After', String(check.seconds));
  return c.text(`Your address has sent too many wrong tokens. Try again in ${check.seconds} seconds.\n`, 429);
}

/**
 * Whether the request comes from loopback, was not forwarded by a proxy on this machine, and has a Host header that
 * names this server: a page in a browser on this machine must not read metrics by DNS rebinding.
 */
function isFromThisMachine(
  { socket, headers }: Pick<IncomingMessage, 'headers' | 'socket'>,
  publicUrl: string,
): boolean {
  const address = socket.remoteAddress ?? '';
  const isLoopback = address !== '' && addressKey(address) === null;
  return isLoopback && !isForwarded(headers) && isOwnHost({ host: headers.host, publicUrl });
}

function isForwarded(headers: IncomingHttpHeaders): boolean {
  return proxyHeaders.some((name) => headers[name] !== undefined);
}
