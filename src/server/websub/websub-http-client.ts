import { hourMs, secondMs } from '../../domain/durations.ts';
import type { FetchLimits } from '../../fetch/client/fetch-limits.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../fetch/client/http-client.ts';
import { retryAfter } from '../../fetch/http-freshness.ts';
import { userAgent } from '../../fetch/request-headers.ts';
import type { WebSubHttpClient } from '../../push/websub/http-client-port.ts';
import { version } from '../../runtime/version.ts';

/** A challenge, or a line of text: hubs and callbacks have no reason to answer more. */
const maxBodyBytes = 4 * 1024;

export interface WebSubHttpClientOptions
  extends Pick<
    HttpClientOptions,
    'clock' | 'allowPrivateNetworks' | 'configuredHosts' | 'ownOrigins' | 'ports' | 'ca' | 'resolve'
  > {
  readonly contactUrl: string | null;
  /** Override the default limits. */
  readonly limits?: Partial<FetchLimits>;
}

/** TCP ports of callbacks: anybody may name one, so that it must not reach other services of a host. */
export const callbackTcpPorts = [80, 443];

/** The HTTP client of WebSub: guarded like the one of polls, with lower limits. */
export function createWebSubHttpClient(options: WebSubHttpClientOptions): WebSubHttpClient & Pick<HttpClient, 'close'> {
  const { clock, contactUrl, limits = {}, ...rest } = options;
  const http = createHttpClient({
    clock,
    ...rest,
    connections: 4,
    limits: {
      totalMs: 15 * secondMs,
      connectMs: 10 * secondMs,
      headersMs: 10 * secondMs,
      maxWireBytes: maxBodyBytes,
      maxBodyBytes,
      maxRetryAfterMs: 12 * hourMs,
      ...limits,
    },
  });
  const agent = userAgent(version, contactUrl);
  return {
    async request({ method, url, headers = {}, body = null, readBody = false }) {
      const response = await http.request({
        ...{ method, url, body },
        headers: { 'user-agent': agent, ...headers },
        needsBody: (status) => readBody && status >= 200 && status < 300,
      });
      if (response.kind === 'failed') return { kind: 'failed', detail: response.detail };
      const { ms: retryAfterMs } = retryAfter(response.headers, clock.now(), http.limits.maxRetryAfterMs);
      const location = response.headers.first('location');
      return { kind: 'answered', status: response.status, body: response.body, location, retryAfterMs };
    },
    close: () => http.close(),
  };
}
