import { note } from '../domain/notes/note.ts';
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
  readonly userAgent: string;
  /** The folder of `file:` sources. */
  readonly feedsDir: string;
}

/** One read of a source. */
export interface FetchRequest {
  /** Absolute `http:`, `https:` or `file:` URL. */
  readonly url: string;
  /** The declared URL, if the source has moved to `url`: `headers` are sent to its origin only. */
  readonly declaredUrl?: string;
  /** The operator's extra headers, sent to the origin of the declared URL only. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the last complete read; `noValidators` makes the request unconditional. */
  readonly validators: Validators;
  readonly bodyHash: string | null;
  /** Requested by the operator: caches on the path must revalidate. */
  readonly force?: boolean;
}

/** Reads sources and other remote documents through one guarded HTTP client. */
export interface Fetcher {
  /**
   * Reads a source and follows redirects. Possible notes of its facts: `wrong_encoding_label`, `etag_reused`,
   * `unchanged_body` (the full response equals the stored document), `bad_validator`, `blocked_address` (some addresses
   * of the host were excluded), `headers_withheld` (a redirect led to another origin), `headers_ignored`,
   * `retry_after_capped`.
   *
   * @throws the signal's reason when the signal is aborted; nothing else.
   */
  fetchSource(request: FetchRequest, signal: AbortSignal): Promise<FetchOutcome>;
  /** Reads any document (a page for discovery, an archive) and follows redirects; without validators or custom headers. */
  get(url: string, options?: GetOptions): Promise<RedirectChain>;
  /** See `Outbound`. */
  readonly addressOf: HttpClient['addressOf'];
  /** The HTTP client, for requests that are not reads: WebSub, webhooks. */
  readonly client: HttpClient;
  close(): Promise<void>;
}

interface GetOptions {
  readonly signal?: AbortSignal;
  /** The Accept header; by default that for feeds. */
  readonly accept?: string;
}

/** Creates the fetcher; a process has one. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const client = createHttpClient(options);
  const parts: Parts = { client, clock: options.clock, options, identity: defaultHeaders(options.userAgent) };
  return {
    client,
    addressOf: (host) => client.addressOf(host),
    fetchSource: async (request, signal) => {
      signal.throwIfAborted();
      return await (/^file:/i.test(request.url) ? fetchFile(parts, request) : fetchHttp(parts, request, signal));
    },
    get: async (url, { signal, accept } = {}) => {
      const headers = accept === undefined ? parts.identity : { ...parts.identity, accept };
      return await followRedirects(client, url, { clock: options.clock, signal, headersFor: () => headers });
    },
    close: () => client.close(),
  };
}

interface Parts {
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly options: FetcherOptions;
  readonly identity: Readonly<Record<string, string>>;
}

async function fetchHttp(parts: Parts, request: FetchRequest, signal: AbortSignal): Promise<FetchOutcome> {
  const { clock, client } = parts;
  const startedMs = clock.monotonic();
  const { accepted: custom, notes } = customHeaders(request.headers);
  const ownOrigin = URL.parse(request.declaredUrl ?? request.url)?.origin;
  let conditional = false;
  let withheld = false;
  const headersFor = (url: URL, trusted: boolean) => {
    const condition = isBoundTo(request, url) ? conditionalHeaders(request.validators) : {};
    const own = trusted && url.origin === ownOrigin ? custom : {};
    conditional = Object.keys(condition).length > 0;
    withheld ||= Object.keys(own).length < Object.keys(custom).length;
    return {
      ...parts.identity,
      ...own,
      ...condition,
      ...(request.force ? { 'cache-control': 'no-cache' } : {}),
    };
  };
  const chain = await followRedirects(client, request.url, { clock, signal, headersFor });
  return await toFetchOutcome(request, {
    chain,
    conditional,
    nowMs: clock.now(),
    durationMs: clock.monotonic() - startedMs,
    limits: client.limits,
    notes: withheld ? [...notes, note('headers_withheld')] : notes,
  });
}

/** Validators are sent only to the URL that issued them: at another URL an equal ETag might match by chance. */
function isBoundTo({ url, validators }: FetchRequest, hop: URL): boolean {
  const owner = URL.parse(validators.url ?? url);
  return owner !== null && hop.href === owner.href.replace(/#.*/s, '');
}

async function fetchFile(parts: Parts, request: FetchRequest): Promise<FetchOutcome> {
  const { clock, client, options } = parts;
  const startedMs = clock.monotonic();
  const elapsed = (): number => clock.monotonic() - startedMs;
  try {
    const body = await readLocalFile(request.url, options.feedsDir, client.limits.maxBodyBytes);
    return await toFileOutcome(request, { url: request.url, body, durationMs: elapsed() });
  } catch (error) {
    const { failure, message } = asFetchError(error);
    const facts = { status: null, bytes: 0, durationMs: elapsed(), redirects: 0, notes: [] };
    return { kind: 'failed', failure, detail: message, retryAfterMs: null, facts };
  }
}
