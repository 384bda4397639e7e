import type { IncomingMessage, RequestListener } from 'node:http';
import ipaddr from 'ipaddr.js';
import { cleanLine } from '../../../runtime/clean-line.ts';
import type { Log } from '../../../runtime/log.ts';
import { isOwnHost } from './own-origin.ts';

/** What a proxy in front of the server is compared with. */
export interface ProxyWarningOptions {
  readonly log: Pick<Log, 'warn'>;
  /** The base of our absolute URLs. */
  readonly publicUrl: string;
  /** Whether the operator has set PUBLIC_URL. */
  readonly isPublicUrlSet: boolean;
  /** Whether an address is in TRUSTED_PROXIES. */
  isTrustedProxy(address: string): boolean;
}

/** Monitoring may use any name of the machine. */
const monitoringPaths = new Set(['/healthz', '/readyz', '/metrics']);
/** Where the operator's own proxies are. */
const ownRanges = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat']);

/**
 * Warns of settings that do not fit the proxy in front of the server: `X-Forwarded-For` from an address that is not
 * trusted, and requests for another host than that of PUBLIC_URL. Each warning is logged once, since clients can send
 * both headers. A client with a public address does not use up the warning about a proxy in our own network.
 */
export class ProxyWarnings {
  readonly #options: ProxyWarningOptions;
  #mayWarnOfHost = true;
  readonly #mayWarnOfProxy = { own: true, public: true };
  /** The last Host header that was right: most requests have the same. */
  #rightHost: string | undefined;

  constructor(options: ProxyWarningOptions) {
    this.#options = options;
  }

  /** Looks at each request before a listener answers it. */
  wrap(listener: RequestListener): RequestListener {
    return (incoming, outgoing) => {
      if (incoming.headers['x-forwarded-for'] !== undefined) this.#checkProxy(incoming);
      if (this.#mayWarnOfHost && incoming.headers.host !== this.#rightHost) this.#checkHost(incoming);
      listener(incoming, outgoing);
    };
  }

  #checkProxy({ socket }: IncomingMessage): void {
    const may = this.#mayWarnOfProxy;
    if (!may.own && !may.public) return;
    const address = socket.remoteAddress ?? '';
    if (!ipaddr.isValid(address) || this.#options.isTrustedProxy(address)) return;
    const parsed = ipaddr.process(address);
    const kind = ownRanges.has(parsed.range()) ? 'own' : 'public';
    if (!may[kind]) return;
    may[kind] = false;
    const proxy = parsed.toString();
    const remedy = `If ${proxy} is your proxy, set TRUSTED_PROXIES=${proxy}; if it is a client, ignore this warning`;
    const facts = { variable: 'TRUSTED_PROXIES', address: proxy, remedy };
    this.#options.log.warn(
      facts,
      'X-Forwarded-For from an untrusted address is ignored: all its clients share one limit',
    );
  }

  #checkHost({ headers, url = '' }: IncomingMessage): void {
    const { log, publicUrl, isPublicUrlSet } = this.#options;
    // HTTP/1.0 has no Host header.
    if (headers.host === undefined || monitoringPaths.has(url)) return;
    if (isOwnHost({ host: headers.host, publicUrl })) {
      this.#rightHost = headers.host;
      return;
    }
    this.#mayWarnOfHost = false;
    const host = cleanLine(headers.host, 100);
    const remedy = isPublicUrlSet
      ? `If readers use ${host}, set PUBLIC_URL to that address; else ignore this warning`
      : `Set PUBLIC_URL to the address that readers use, such as https://${host}`;
    const message = isPublicUrlSet
      ? 'a request has another host than PUBLIC_URL'
      : 'a request names a host, but PUBLIC_URL is not set: absolute URLs in pages and feeds contain another address';
    log.warn({ variable: 'PUBLIC_URL', host, publicUrl, remedy }, message);
  }
}
