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
  outbound: HttpClient,
  start: string,
  options: RedirectOptions & { readonly signal?: AbortSignal | undefined },
): Promise<RedirectChain> {
  const { clock, signal } = options;
  const { limits } = outbound;
  if (!URL.canParse(start)) return await invalidStart(outbound, start);
  const startedMs = clock.monotonic();
  const trail = newTrail(start);
  for (;;) {
    const { url } = trail;
    const answer = await outbound.request(
      {
        url: url.href,
        headers: options.headersFor(url, !trail.leftOrigin),
        timeoutMs: limits.totalMs - (clock.monotonic() - startedMs),
      },
      signal,
    );
    trail.bytes += answer.bytes;
    if (answer.kind === 'failed') return endChain(trail, { ...answer, status: answer.status ?? trail.status });
    trail.status = answer.status;
    if (!redirectStatuses.has(answer.status)) return endChain(trail, answer);
    const next = nextUrl(answer, trail, limits);
    if (next instanceof FetchError) return endChain(trail, asFailed(next, trail));
    advance(trail, next, answer.status);
  }
}

/** The client's guard reports why the URL is invalid. */
async function invalidStart(outbound: HttpClient, start: string): Promise<RedirectChain> {
  return { result: await outbound.request({ url: start }), redirects: 0, movedTo: null };
}

interface Trail {
  url: URL;
  readonly visited: Set<string>;
  status: number | null;
  bytes: number;
  movedTo: string | null;
  permanentSoFar: boolean;
  leftOrigin: boolean;
}

function newTrail(start: string): Trail {
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
function nextUrl(answer: HttpResponse, trail: Trail, limits: FetchLimits): URL | FetchError {
  const location = readLocation(answer.headers);
  if (location.length > limits.maxLocationBytes) {
    return new FetchError(
      'bad_url',
      `The Location header exceeds ${formatBytes(limits.maxLocationBytes)}. The publisher must fix the redirect`,
    );
  }
  if (location === '' || !URL.canParse(location, trail.url.href)) {
    return new FetchError(
      'redirect_no_location',
      'The redirect has no valid Location header. The publisher must fix it',
    );
  }
  const next = new URL(location, trail.url);
  next.hash = '';
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    return new FetchError(
      'redirect_scheme',
      `The redirect leads to a ${next.protocol} URL, which Newswire does not follow. Declare an http(s) address`,
    );
  }
  if (trail.visited.has(next.href)) {
    return new FetchError('redirect_loop', 'The redirects form a loop. Check the address of the source');
  }
  if (trail.visited.size > limits.maxRedirects) {
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

function advance(trail: Trail, next: URL, status: number): void {
  // A downgrade to http is followed, but never adopted permanently.
  const downgrade = trail.url.protocol === 'https:' && next.protocol === 'http:';
  trail.permanentSoFar &&= permanent.has(status) && !downgrade;
  if (trail.permanentSoFar) trail.movedTo = next.href;
  trail.leftOrigin ||= next.origin !== trail.url.origin;
  trail.visited.add(next.href);
  trail.url = next;
}

function endChain(trail: Trail, end: HttpResponse | HttpFailure): RedirectChain {
  const redirects = trail.visited.size - 1;
  const detail = end.kind === 'failed' && redirects > 0 ? `${end.detail} (redirect ${redirects})` : '';
  return {
    result: { ...end, bytes: trail.bytes, ...(detail === '' ? {} : { detail }) } as RedirectChain['result'],
    redirects,
    movedTo: trail.movedTo,
  };
}

function asFailed(trouble: FetchError, trail: Trail): HttpFailure {
  const { status, bytes } = trail;
  const { failure, message: detail, notes } = trouble;
  return { kind: 'failed', failure, detail, notes, status, bytes };
}
