import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { isToken } from './admin/token.ts';
import { addressKey } from './live/address-key.ts';

/** The figures of this process, and who may read them from afar. */
export interface MetricsDoor {
  readonly contentType: string;
  read(): Promise<string>;
  /** The operator's token; null: none is set, so only this machine may read. */
  readonly token: string | null;
}

/** Headers by which a proxy says that it speaks for somebody else. */
const proxyHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'] as const;

const refusal = "The figures are for this machine, or for who bears the operator's token (ADMIN_TOKEN).\n";

/**
 * `GET /metrics`: for this machine, and for who bears the operator's token. The figures are nobody else's business:
 * they tell of every source and of how many read.
 */
export function metricsRoutes(app: Hono, door: MetricsDoor | null): void {
  if (door === null) return;
  app.get('/metrics', async (c) => {
    c.header('Cache-Control', 'no-store');
    if (!mayRead(c, door.token)) return c.text(refusal, 403);
    c.header('Content-Type', door.contentType);
    return c.body(await door.read());
  });
}

function mayRead(c: Context, token: string | null): boolean {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
  if (bearer !== undefined) return token !== null && isToken(bearer, token);
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming !== undefined && isFromThisMachine(incoming);
}

/**
 * Judged by the socket, never by a header. Behind a reverse proxy of this machine every request comes from loopback:
 * one that was passed on for somebody else is not ours.
 */
function isFromThisMachine({ socket, headers }: Pick<IncomingMessage, 'headers' | 'socket'>): boolean {
  const address = socket.remoteAddress ?? '';
  return address !== '' && addressKey(address) === null && !isPassedOn(headers);
}

function isPassedOn(headers: IncomingHttpHeaders): boolean {
  return proxyHeaders.some((name) => headers[name] !== undefined);
}
