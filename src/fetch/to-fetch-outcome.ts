import { hash, subtle } from 'node:crypto';
import type { Failure } from '../domain/failure.ts';
import { mergeNotes, type Note, note } from '../domain/notes/note.ts';
import {
  type FetchFacts,
  type FetchFailed,
  type FetchOutcome,
  noValidators,
  type Validators,
} from '../domain/polling/fetch-outcome.ts';
import type { FetchLimits } from './client/fetch-limits.ts';
import { type HeaderList, readLinks } from './client/header-list.ts';
import type { HttpResponse } from './client/http-client.ts';
import { freshnessLifetimeMs, retryAfter } from './http-freshness.ts';
import type { RedirectChain } from './redirects.ts';
import { isMalformed, readValidators, refreshValidators } from './validators.ts';

/** What the last complete read of the document stored. */
export interface PreviousRead {
  readonly validators: Validators;
  readonly bodyHash: string | null;
}

/** One read: its redirect chain, times and limits. */
export interface ReadFacts {
  readonly chain: RedirectChain;
  /** Whether the last request carried the validators. */
  readonly conditional: boolean;
  readonly nowMs: number;
  readonly durationMs: number;
  readonly limits: FetchLimits;
  readonly notes: readonly Note[];
}

/** Maps the final response of a redirect chain to the outcome for its source. */
export async function toFetchOutcome(known: PreviousRead, read: ReadFacts): Promise<FetchOutcome> {
  const { result } = read.chain;
  if (result.kind === 'failed') {
    const { failure, detail } = result;
    return { kind: 'failed', failure, detail, retryAfterMs: null, facts: factsOf(read) };
  }
  if (result.status === 304) return notModified(known, read, result);
  const asked = retryAfter(result.headers, read.nowMs, read.limits.maxRetryAfterMs);
  const byStatus = classifyStatus(result.status, result.headers, asked.ms);
  if (byStatus.kind === 'document') return await readDocument(known, read, result);
  const isValidatorFault = result.status === 400 && read.conditional && isMalformed(known.validators);
  const notes = [
    ...(asked.capped ? [note('retry_after_capped')] : []),
    ...(isValidatorFault ? [note('bad_validator')] : []),
  ];
  return { ...byStatus, facts: factsOf(read, notes) };
}

function notModified(known: PreviousRead, read: ReadFacts, end: HttpResponse): FetchOutcome {
  if (!read.conditional) {
    const detail = 'HTTP 304 in response to an unconditional request. The publisher must fix its server';
    return { kind: 'failed', failure: 'unexpected_304', detail, retryAfterMs: null, facts: factsOf(read) };
  }
  const fresh = readValidators(end.headers, end.url.href, read.limits.maxValidatorBytes);
  return {
    kind: 'not-modified',
    by: 'status',
    validators: refreshValidators(known.validators, fresh.validators),
    movedTo: read.chain.movedTo,
    freshnessLifetimeMs: freshnessLifetimeMs(end.headers, read.nowMs),
    facts: factsOf(read, fresh.notes),
  };
}

async function readDocument(known: PreviousRead, read: ReadFacts, end: HttpResponse): Promise<FetchOutcome> {
  const { headers, body } = end;
  const { validators, notes } = readValidators(headers, end.url.href, read.limits.maxValidatorBytes);
  if (body.length === 0) {
    const detail = `HTTP ${end.status} with an empty body. Stored items are unchanged`;
    return { kind: 'failed', failure: 'empty', detail, retryAfterMs: null, facts: factsOf(read, notes) };
  }
  const bodyHash = await hashOf(body);
  const { movedTo } = read.chain;
  const hint = freshnessLifetimeMs(headers, read.nowMs);
  if (bodyHash === known.bodyHash) {
    const facts = factsOf(read, [...notes, note('unchanged_body')]);
    return { kind: 'not-modified', by: 'body', validators, movedTo, freshnessLifetimeMs: hint, facts };
  }
  // The ETag is unchanged but the body differs. The body decides, or new items would be missed.
  const reused = read.conditional && validators.etag !== null && validators.etag === known.validators.etag;
  return {
    kind: 'fresh',
    body,
    contentType: headers.first('content-type'),
    validators,
    bodyHash,
    url: end.url.href,
    movedTo,
    freshnessLifetimeMs: hint,
    links: readLinks(headers, end.url.href, read.limits.maxLinks),
    facts: factsOf(read, [...notes, ...(reused ? [note('etag_reused')] : [])]),
  };
}

/** The outcome of a local file that was read. */
export async function toFileOutcome(
  known: PreviousRead,
  file: { url: string; body: Uint8Array; durationMs: number },
): Promise<FetchOutcome> {
  const { url, body, durationMs } = file;
  const bodyHash = await hashOf(body);
  const facts = { status: null, bytes: body.length, durationMs, redirects: 0, notes: [] };
  if (bodyHash === known.bodyHash) {
    return {
      kind: 'not-modified',
      by: 'body',
      validators: noValidators,
      movedTo: null,
      freshnessLifetimeMs: null,
      facts,
    };
  }
  const absent = { contentType: null, validators: noValidators, movedTo: null, freshnessLifetimeMs: null, links: [] };
  return { kind: 'fresh', body, bodyHash, url, ...absent, facts };
}

function factsOf({ chain, durationMs, notes }: ReadFacts, more: readonly Note[] = []): FetchFacts {
  const { result, redirects } = chain;
  return {
    status: result.status,
    bytes: result.bytes,
    durationMs,
    redirects,
    notes: mergeNotes(notes, result.notes, more),
  };
}

/** Up to this size, hashing is faster than handing the bytes to another thread. */
const smallBytes = 256 * 1024;

/** SHA-256 in hex; large bodies (up to 20 MB) are hashed off the event loop. */
async function hashOf(body: Uint8Array): Promise<string> {
  if (body.length <= smallBytes) return hash('sha256', body);
  return Buffer.from(await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>)).toString('hex');
}

type Bare<T> = T extends unknown ? Omit<T, 'facts'> : never;

/** The outcome that a status alone determines; `document`: the body decides. */
type StatusOutcome =
  | { readonly kind: 'document' }
  | Bare<Extract<FetchOutcome, { kind: 'throttled' | 'gone' | 'failed' }>>;

/**
 * Classifies the status of a final response. 304 is handled by the caller, which knows the request.
 *
 * @param retryAfterMs the value of Retry-After, on any status.
 */
function classifyStatus(status: number, headers: HeaderList, retryAfterMs: number | null): StatusOutcome {
  const fail = (failure: Failure, detail: string): Bare<FetchFailed> => ({
    kind: 'failed',
    failure,
    detail,
    retryAfterMs,
  });
  // A challenge has status 403, 429 or 503, but waiting does not resolve it.
  if (status >= 400 && headers.first('cf-mitigated')?.toLowerCase() === 'challenge') {
    return fail('challenge', `HTTP ${status}: a bot check requires a browser. Ask the publisher to allow feed readers`);
  }
  if (status === 429 || status === 503) return { kind: 'throttled', retryAfterMs, hostWide: status === 429 };
  if (status === 410) return { kind: 'gone' };
  if (status === 204 || status === 205)
    return fail('empty', `HTTP ${status}: the response has no document. Check the address of the source`);
  if (status === 206)
    return fail(
      'protocol_error',
      'HTTP 206 in response to a request for the whole document. The publisher must fix its server',
    );
  if (status >= 200 && status < 300) return { kind: 'document' };
  return fail(...refusalOf(status));
}

function refusalOf(status: number): [Failure, string] {
  if (status === 401 || status === 403 || status === 451) {
    return [
      'unauthorized',
      `HTTP ${status}: access denied. Check whether the feed needs credentials or is still public`,
    ];
  }
  if (status === 404) return ['not_found', 'HTTP 404: not found. Check whether the feed has a new address'];
  if (status >= 500)
    return ['http_server_error', `HTTP ${status}: the publisher's server failed. Newswire tries again later`];
  if (status >= 400)
    return [
      'http_client_error',
      `HTTP ${status}: the publisher's server rejects the request. Check the address of the source`,
    ];
  return ['protocol_error', `HTTP ${status}: this status is not valid here. The publisher must fix its server`];
}
