import type { Clock } from '../runtime/clock.ts';
import { FetchError, formatBytes } from './client/fetch-error.ts';
import type { FetchLimits } from './client/fetch-limits.ts';
import type { HeaderList } from './client/header-list.ts';
import type { HttpClient, HttpFailure, HttpResponse } from './client/http-client.ts';

export interface RedirectChain {
  /** The last answer, or what ended the journey. Its `bytes` are those of all answers. */
  readonly result: HttpResponse | HttpFailure;
  readonly redirects: number;
  /** The last URL of the unbroken run of permanent redirects from the start; null when there was none. */
  readonly movedTo: string | null;
}

export interface RedirectOptions {
  readonly clock: Clock;
  /**
   * Headers for one hop.
   *
   * @param trusted false from the first hop to another origin on, even if a later one leads back.
   */
  headersFor(url: URL, trusted: boolean): Readonly<Record<string, string>>;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const permanent = new Set([301, 308]);

/** Asks for a document and follows redirects by hand, so that each hop passes the guard and no secret travels. */
export async function followRedirects(
  outbound: HttpClient,
  start: string,
  options: RedirectOptions & { readonly signal?: AbortSignal | undefined },
): Promise<RedirectChain> {
  const { clock, signal } = options;
  const { limits } = outbound;
  if (!URL.canParse(start)) return await lost(outbound, start);
  const startedMs = clock.monotonic();
  const trail = newTrail(start);
  for (;;) {
    const { url } = trail;
    const answer = await outbound.request(
      {
        url: url.href,
        headers: options.headersFor(url, !trail.leftOrigin),
        withinMs: limits.totalMs - (clock.monotonic() - startedMs),
      },
      signal,
    );
    trail.bytes += answer.bytes;
    if (answer.kind === 'failed') return arrive(trail, { ...answer, status: answer.status ?? trail.status });
    trail.status = answer.status;
    if (!redirectStatuses.has(answer.status)) return arrive(trail, answer);
    const next = nextUrl(answer, trail, limits);
    if (next instanceof FetchError) return arrive(trail, asFailed(next, trail));
    advance(trail, next, answer.status);
  }
}

/** The guard has the words for an address that is none. */
async function lost(outbound: HttpClient, start: string): Promise<RedirectChain> {
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

/** Where an answer sends us, or why not there. Addresses and ports are the guard's, when the hop is asked. */
function nextUrl(answer: HttpResponse, trail: Trail, limits: FetchLimits): URL | FetchError {
  const location = readLocation(answer.headers);
  if (location.length > limits.maxLocationBytes) {
    return new FetchError('bad_url', `The redirect's address is over ${formatBytes(limits.maxLocationBytes)} long`);
  }
  if (location === '' || !URL.canParse(location, trail.url.href)) {
    return new FetchError('redirect_no_location', 'The redirect does not say where to. The publisher must mend it');
  }
  const next = new URL(location, trail.url);
  next.hash = '';
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    return new FetchError('redirect_scheme', `The redirect leads to a ${next.protocol} address, which is not followed`);
  }
  if (trail.visited.has(next.href)) {
    return new FetchError('redirect_loop', 'The redirects lead round in a circle. Check the address of the source');
  }
  if (trail.visited.size > limits.maxRedirects) {
    return new FetchError('redirect_limit', `More than ${limits.maxRedirects} redirects. Use the address they lead to`);
  }
  return next;
}

/** Location is bytes: UTF-8 where it can be, as browsers read it, else latin1. */
function readLocation(headers: HeaderList): string {
  const latin1 = headers.first('location')?.trim() ?? '';
  const utf8 = Buffer.from(latin1, 'latin1').toString('utf8');
  return utf8.includes('\ufffd') ? latin1 : utf8;
}

function advance(trail: Trail, next: URL, status: number): void {
  // A downgrade to http is followed, but nobody may move a source to it for good.
  const downgrade = trail.url.protocol === 'https:' && next.protocol === 'http:';
  trail.permanentSoFar &&= permanent.has(status) && !downgrade;
  if (trail.permanentSoFar) trail.movedTo = next.href;
  trail.leftOrigin ||= next.origin !== trail.url.origin;
  trail.visited.add(next.href);
  trail.url = next;
}

function arrive(trail: Trail, end: HttpResponse | HttpFailure): RedirectChain {
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
