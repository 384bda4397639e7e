import type { FetchLimits } from '../../fetch/client/fetch-limits.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../fetch/client/http-client.ts';
import { retryAfter } from '../../fetch/http-freshness.ts';
import { userAgent } from '../../fetch/request-headers.ts';
import type { WebSubHttpClient } from '../../push/websub/http-client-port.ts';
import { version } from '../../runtime/version.ts';

const KiB = 1024;
const hourMs = 3_600_000;
/** What a hub or a callback may answer: a challenge, a line of text. */
const maxAnswerBytes = 4 * KiB;

export interface WebSubHttpClientOptions
  extends Pick<
    HttpClientOptions,
    'clock' | 'allowPrivateNetworks' | 'configuredHosts' | 'ownOrigins' | 'ports' | 'ca' | 'resolve'
  > {
  readonly contactUrl: string | null;
  /** Instead of the usual ones. */
  readonly limits?: Partial<FetchLimits>;
}

/** Where callbacks may listen, opened networks apart: anybody may name one. */
export const callbackTcpPorts = [80, 443];

/** A way out for WebSub's requests: guarded like every other, with short answers. */
export function createWebSubHttpClient(options: WebSubHttpClientOptions): WebSubHttpClient & Pick<HttpClient, 'close'> {
  const { clock, contactUrl, limits = {}, ...rest } = options;
  const outbound = createHttpClient({
    clock,
    ...rest,
    connections: 4,
    limits: {
      totalMs: 15_000,
      connectMs: 10_000,
      headersMs: 10_000,
      maxWireBytes: maxAnswerBytes,
      maxBodyBytes: maxAnswerBytes,
      maxRetryAfterMs: 12 * hourMs,
      ...limits,
    },
  });
  const agent = userAgent(version, contactUrl);
  return {
    async request({ method, url, headers = {}, body = null, readBody = false }) {
      const answer = await outbound.request({
        ...{ method, url, body },
        headers: { 'user-agent': agent, ...headers },
        needsBody: (status) => readBody && status >= 200 && status < 300,
      });
      if (answer.kind === 'failed') return { kind: 'failed', detail: answer.detail };
      const asked = retryAfter(answer.headers, clock.now(), outbound.limits.maxRetryAfterMs);
      const location = answer.headers.first('location');
      return { kind: 'answered', status: answer.status, body: answer.body, location, retryAfterMs: asked.ms };
    },
    close: () => outbound.close(),
  };
}
