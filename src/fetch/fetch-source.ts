import type { FetchOutcome, Validators } from '../domain/polling/fetch-outcome.ts';
import type { Clock } from '../runtime/clock.ts';
import { asFetchError } from './client/fetch-error.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from './client/http-client.ts';
import { readLocalFile } from './file-source.ts';
import { followRedirects, type RedirectChain } from './redirects.ts';
import { customHeaders, defaultHeaders } from './request-headers.ts';
import { toFetchOutcome, toFileOutcome } from './to-fetch-outcome.ts';
import { conditionalHeaders } from './validators.ts';

export interface FetcherOptions extends HttpClientOptions {
  /** See `userAgent`. */
  readonly userAgent: string;
  /** Where `file:` sources live. */
  readonly feedsDir: string;
}

/** One read of a source. */
export interface FetchRequest {
  /** Absolute `http:`, `https:` or `file:` URL. */
  readonly url: string;
  /** The address that the operator declared, when the source has moved to `url`: only its origin may see `headers`. */
  readonly declaredUrl?: string;
  /** The operator's extra headers, for the declared address's own origin only. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the last read that was stored whole; `noValidators` makes the read unconditional. */
  readonly validators: Validators;
  readonly bodyHash: string | null;
  /** The operator wants it now: caches on the way are asked to look again. */
  readonly force?: boolean;
}

/** Reads sources, and whatever else must be read from outside, through one guarded client. */
export interface Fetcher {
  /**
   * One read of a source, redirects followed. Its facts may note: `wrong_encoding_label`, `etag_reused`,
   * `unchanged_body` (the whole document came, and is the one we have), `bad_validator`, `blocked_address` (some
   * addresses of the name were left out), `headers_withheld` (from another origin than their own), `headers_ignored`,
   * `retry_after_capped`.
   *
   * @throws the signal's reason when the signal is aborted; nothing else.
   */
  fetchSource(request: FetchRequest, signal: AbortSignal): Promise<FetchOutcome>;
  /** Any document (a page for discovery, an archive), redirects followed, without conditions or custom headers. */
  get(url: string, options?: GetOptions): Promise<RedirectChain>;
  /** See `Outbound`. */
  readonly addressOf: HttpClient['addressOf'];
  /** The client itself, for requests that are not reads: WebSub, webhooks. */
  readonly outbound: HttpClient;
  close(): Promise<void>;
}

export interface GetOptions {
  readonly signal?: AbortSignal;
  /** The Accept header; that of a feed by default. */
  readonly accept?: string;
}

/** Makes the fetcher; there is one in a process. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const outbound = createHttpClient(options);
  const parts: Parts = { outbound, clock: options.clock, options, identity: defaultHeaders(options.userAgent) };
  return {
    outbound,
    addressOf: (host) => outbound.addressOf(host),
    fetchSource: async (request, signal) => {
      signal.throwIfAborted();
      return await (/^file:/i.test(request.url) ? fetchFile(parts, request) : fetchHttp(parts, request, signal));
    },
    get: async (url, { signal, accept } = {}) => {
      const headers = accept === undefined ? parts.identity : { ...parts.identity, accept };
      return await followRedirects(outbound, url, { clock: options.clock, signal, headersFor: () => headers });
    },
    close: () => outbound.close(),
  };
}

interface Parts {
  readonly outbound: HttpClient;
  readonly clock: Clock;
  readonly options: FetcherOptions;
  readonly identity: Readonly<Record<string, string>>;
}

async function fetchHttp(parts: Parts, request: FetchRequest, signal: AbortSignal): Promise<FetchOutcome> {
  const { clock, outbound } = parts;
  const startedMs = clock.monotonic();
  const { accepted: custom, notes } = customHeaders(request.headers);
  const home = URL.parse(request.declaredUrl ?? request.url)?.origin;
  let conditional = false;
  let withheld = false;
  const headersFor = (url: URL, trusted: boolean) => {
    const condition = isBoundTo(request, url) ? conditionalHeaders(request.validators) : {};
    const own = trusted && url.origin === home ? custom : {};
    conditional = Object.keys(condition).length > 0;
    withheld ||= Object.keys(own).length < Object.keys(custom).length;
    return {
      ...parts.identity,
      ...own,
      ...condition,
      ...(request.force ? { 'cache-control': 'no-cache' } : {}),
    };
  };
  const journey = await followRedirects(outbound, request.url, { clock, signal, headersFor });
  return await toFetchOutcome(request, {
    journey,
    conditional,
    nowMs: clock.now(),
    durationMs: clock.monotonic() - startedMs,
    limits: outbound.limits,
    notes: withheld ? [...notes, 'headers_withheld'] : notes,
  });
}

/** Validators go to the address that gave them and to no other, where another's ETag might match by chance. */
function isBoundTo({ url, validators }: FetchRequest, hop: URL): boolean {
  const owner = URL.parse(validators.url ?? url);
  return owner !== null && hop.href === owner.href.replace(/#.*/s, '');
}

async function fetchFile(parts: Parts, request: FetchRequest): Promise<FetchOutcome> {
  const { clock, outbound, options } = parts;
  const startedMs = clock.monotonic();
  const elapsed = (): number => clock.monotonic() - startedMs;
  try {
    const body = await readLocalFile(request.url, options.feedsDir, outbound.limits.maxBodyBytes);
    return await toFileOutcome(request, { url: request.url, body, durationMs: elapsed() });
  } catch (error) {
    const { failure, message } = asFetchError(error);
    const facts = { status: null, bytes: 0, durationMs: elapsed(), redirects: 0, notes: [] };
    return { kind: 'failed', failure, detail: message, retryAfterMs: null, facts };
  }
}
