import type { Clock } from '../runtime/clock.ts';
import { FetchError, formatBytes } from './client/fetch-error.ts';
import type { FetchLimits } from './client/fetch-limits.ts';
import type { HeaderList } from './client/header-list.ts';
import type { HttpClient, HttpFailure, HttpResponse } from './client/http-client.ts';

export interface RedirectChain {
  /** The last response, or the failure that ended the chain. `bytes` is the sum over all responses. */
  readonly result: HttpResponse | HttpFailure;
  readonly redirects: number;
  /** The last URL of the unbroken run of permanent redirects from the start; null if there was none. */
  readonly movedTo: string | null;
}

export interface RedirectOptions {
  readonly clock: Clock;
  /**
   * The headers for one request of the chain.
   *
   * @param trusted false after the first redirect to another origin, even if a later one leads back.
   */
  headersFor(url: URL, trusted: boolean): Readonly<Record<string, string>>;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const permanent = new Set([301, 308]);

/** Requests a document and follows redirects itself, so that the guard checks each URL and no secret crosses origins. */
export async function followRedirects(
  client: HttpClient,
  start: string,
  options: RedirectOptions & { readonly signal?: AbortSignal | undefined },
): Promise<RedirectChain> {
  const { clock, signal } = options;
  const { limits } = client;
  if (!URL.canParse(start)) return await invalidStart(client, start);
  const startedMs = clock.monotonic();
  const state = initialState(start);
  for (;;) {
    const { url } = state;
    const response = await client.request(
      {
        url: url.href,
        headers: options.headersFor(url, !state.leftOrigin),
        timeoutMs: limits.totalMs - (clock.monotonic() - startedMs),
      },
      signal,
    );
    state.bytes += response.bytes;
    if (response.kind === 'failed') return endChain(state, { ...response, status: response.status ?? state.status });
    state.status = response.status;
    if (!redirectStatuses.has(response.status)) return endChain(state, response);
    const next = nextUrl(response, state, limits);
    if (next instanceof FetchError) return endChain(state, asFailed(next, state));
    advance(state, next, response.status);
  }
}

/** The client's guard reports why the URL is invalid. */
async function invalidStart(client: HttpClient, start: string): Promise<RedirectChain> {
  return { result: await client.request({ url: start }), redirects: 0, movedTo: null };
}

interface ChainState {
  url: URL;
  readonly visited: Set<string>;
  status: number | null;
  bytes: number;
  movedTo: string | null;
  permanentSoFar: boolean;
  leftOrigin: boolean;
}

function initialState(start: string): ChainState {
  const url = new URL(start);
  url.hash = '';
  return {
    url,
    visited: new Set([url.href]),
    status: null,
    bytes: 0,
    movedTo: null,
    permanentSoFar: true,
    leftOrigin: false,
  };
}

/** The target of a redirect, or the error that ends the chain. The guard checks its address and port when it is requested. */
function nextUrl(response: HttpResponse, state: ChainState, limits: FetchLimits): URL | FetchError {
  const location = readLocation(response.headers);
  if (location.length > limits.maxLocationBytes) {
    return new FetchError(
      'bad_url',
      `The Location header exceeds ${formatBytes(limits.maxLocationBytes)}. The publisher must fix the redirect`,
    );
  }
  if (location === '' || !URL.canParse(location, state.url.href)) {
    return new FetchError(
      'redirect_no_location',
      'The redirect has no valid Location header. The publisher must fix it',
    );
  }
  const next = new URL(location, state.url);
  next.hash = '';
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    return new FetchError(
      'redirect_scheme',
      `The redirect leads to a ${next.protocol} URL, which Newswire does not follow. Declare an http(s) address`,
    );
  }
  if (state.visited.has(next.href)) {
    return new FetchError('redirect_loop', 'The redirects form a loop. Check the address of the source');
  }
  if (state.visited.size > limits.maxRedirects) {
    return new FetchError(
      'redirect_limit',
      `More than ${limits.maxRedirects} redirects. Declare the address to which they lead`,
    );
  }
  return next;
}

/** Decodes Location as UTF-8 if valid, as browsers do, else as latin1. */
function readLocation(headers: HeaderList): string {
  const latin1 = headers.first('location')?.trim() ?? '';
  const utf8 = Buffer.from(latin1, 'latin1').toString('utf8');
  return utf8.includes('\ufffd') ? latin1 : utf8;
}

function advance(state: ChainState, next: URL, status: number): void {
  // A downgrade to http is followed, but never adopted permanently.
  const downgrade = state.url.protocol === 'https:' && next.protocol === 'http:';
  state.permanentSoFar &&= permanent.has(status) && !downgrade;
  if (state.permanentSoFar) state.movedTo = next.href;
  state.leftOrigin ||= next.origin !== state.url.origin;
  state.visited.add(next.href);
  state.url = next;
}

function endChain(state: ChainState, end: HttpResponse | HttpFailure): RedirectChain {
  const redirects = state.visited.size - 1;
  const detail = end.kind === 'failed' && redirects > 0 ? `${end.detail} (redirect ${redirects})` : '';
  return {
    result: { ...end, bytes: state.bytes, ...(detail === '' ? {} : { detail }) } as RedirectChain['result'],
    redirects,
    movedTo: state.movedTo,
  };
}

function asFailed(error: FetchError, state: ChainState): HttpFailure {
  const { status, bytes } = state;
  const { failure, message: detail, notes } = error;
  return { kind: 'failed', failure, detail, notes, status, bytes };
}
