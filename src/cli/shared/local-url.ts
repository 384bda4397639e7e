import type { Settings } from '../../config/environment/environment.ts';

/** The URL of a server with these settings, from this machine; null: PORT is 0, so that only the server knows it. */
export function localServerUrl({ host, port }: Pick<Settings, 'host' | 'port'>): string | null {
  if (port === 0) return null;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
