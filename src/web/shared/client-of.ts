import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { AppContext } from './app-context.ts';

/** The address that a request came from, as far as the operator trusts what proxies say; '' when there is none. */
export function clientAddressOf(c: Context, { clientAddress }: Pick<AppContext, 'clientAddress'>): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming === undefined ? '' : clientAddress(incoming);
}
