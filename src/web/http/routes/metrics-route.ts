import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { addressKey } from '../../shared/address-key.ts';
import type { AppContext } from '../../shared/app-context.ts';
import { clientAddressOf } from '../../shared/client-of.ts';
import { isOwnHost } from '../security/own-origin.ts';
import { TokenGuard } from '../security/token-guard.ts';

/** The figures of this process, and who may read them from afar. */
export interface MetricsEndpoint {
  readonly contentType: string;
  read(): Promise<string>;
  /** METRICS_TOKEN; null: none is set, so only this machine may read. */
  readonly token: string | null;
}

/** Headers by which a proxy says that it speaks for somebody else. */
const proxyHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'] as const;

const refusal = 'The figures are for this machine, or for who sends METRICS_TOKEN as a bearer token.\n';

/** What the figures' route works with. */
type MetricsParts = Pick<AppContext, 'metrics' | 'clientAddress' | 'publicUrl' | 'log'>;

/**
 * `GET /metrics`: for this machine, and for who bears METRICS_TOKEN. The figures are nobody else's business: they tell
 * of every source and of how many read.
 */
export function metricsRoutes(app: Hono, parts: MetricsParts): void {
  const { metrics: door, log } = parts;
  if (door === null) return;
  const { token } = door;
  const guard = token === null ? null : new TokenGuard({ variable: 'METRICS_TOKEN', token, log });
  app.get('/metrics', async (c) => {
    c.header('Cache-Control', 'no-store');
    const refused = await refusalOf(c, guard, parts);
    if (refused !== null) return refused;
    c.header('Content-Type', door.contentType);
    return c.body(await door.read());
  });
}

/** Null: the figures may be read. */
async function refusalOf(c: Context, guard: TokenGuard | null, parts: MetricsParts): Promise<Response | null> {
  const text = /^Bearer (.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
  if (text === undefined || guard === null) {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const isOurs = incoming !== undefined && isFromThisMachine(incoming, parts.publicUrl());
    return isOurs ? null : c.text(refusal, 403);
  }
  const check = await guard.check({ text, address: clientAddressOf(c, parts), where: '/metrics' });
  if (check.kind === 'right') return null;
  if (check.kind === 'wrong') return c.text(refusal, 403);
  c.header('Retry-After', String(check.seconds));
  return c.text(`Too many wrong tokens. Please wait ${check.seconds} seconds.\n`, 429);
}

/**
 * Judged by the socket, and by a Host that no stranger's DNS can bring about: a page that a browser of this machine
 * shows must not read them. Behind a reverse proxy of this machine every request comes from loopback: one that was
 * passed on for somebody else is not ours.
 */
function isFromThisMachine(
  { socket, headers }: Pick<IncomingMessage, 'headers' | 'socket'>,
  publicUrl: string,
): boolean {
  const address = socket.remoteAddress ?? '';
  const isLoopback = address !== '' && addressKey(address) === null;
  return isLoopback && !isPassedOn(headers) && isOwnHost({ host: headers.host, publicUrl });
}

function isPassedOn(headers: IncomingHttpHeaders): boolean {
  return proxyHeaders.some((name) => headers[name] !== undefined);
}
