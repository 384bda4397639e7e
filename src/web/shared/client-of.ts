import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { AppContext } from './app-context.ts';

/** The client address of a request; `''` when it did not come over a socket. */
export function clientAddressOf(c: Context, { clientAddress }: Pick<AppContext, 'clientAddress'>): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming === undefined ? '' : clientAddress(incoming);
}
