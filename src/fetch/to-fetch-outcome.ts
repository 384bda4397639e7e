import { hash, subtle } from 'node:crypto';
import { type FetchFacts, type FetchOutcome, noValidators, type Validators } from '../domain/polling/fetch-outcome.ts';
import type { FetchLimits } from './client/fetch-limits.ts';
import type { HttpResponse } from './client/http-client.ts';
import { freshnessLifetimeMs, retryAfter } from './http-freshness.ts';
import { readLinks } from './link-header.ts';
import type { RedirectChain } from './redirects.ts';
import { classifyStatus } from './status-classes.ts';
import { isMalformed, readValidators, refreshValidators } from './validators.ts';

/** What was known of the document before it was asked for. */
export interface PreviousRead {
  readonly validators: Validators;
  readonly bodyHash: string | null;
}

/** How a read went. */
export interface ReadFacts {
  readonly journey: RedirectChain;
  /** Whether the last hop was asked with the validators. */
  readonly conditional: boolean;
  readonly nowMs: number;
  readonly durationMs: number;
  readonly limits: FetchLimits;
  readonly notes: readonly string[];
}

/** Makes of the end of a journey what it means for a source. */
export async function toFetchOutcome(known: PreviousRead, read: ReadFacts): Promise<FetchOutcome> {
  const { result } = read.journey;
  if (result.kind === 'failed') {
    const { failure, detail } = result;
    return { kind: 'failed', failure, detail, retryAfterMs: null, facts: factsOf(read) };
  }
  if (result.status === 304) return notModified(known, read, result);
  const asked = retryAfter(result.headers, read.nowMs, read.limits.maxRetryAfterMs);
  const verdict = classifyStatus(result.status, result.headers, asked.ms);
  if (verdict.kind === 'document') return await readDocument(known, read, result);
  const suspect = result.status === 400 && read.conditional && isMalformed(known.validators);
  const notes = [...(asked.capped ? ['retry_after_capped'] : []), ...(suspect ? ['bad_validator'] : [])];
  return { ...verdict, facts: factsOf(read, notes) };
}

function notModified(known: PreviousRead, read: ReadFacts, end: HttpResponse): FetchOutcome {
  if (!read.conditional) {
    const detail = 'HTTP 304 to a request without conditions. The publisher must mend its server';
    return { kind: 'failed', failure: 'unexpected_304', detail, retryAfterMs: null, facts: factsOf(read) };
  }
  const fresh = readValidators(end.headers, end.url.href, read.limits.maxValidatorBytes);
  return {
    kind: 'not-modified',
    by: 'status',
    validators: refreshValidators(known.validators, fresh.validators),
    movedTo: read.journey.movedTo,
    freshForMs: freshnessLifetimeMs(end.headers, read.nowMs),
    facts: factsOf(read, fresh.notes),
  };
}

async function readDocument(known: PreviousRead, read: ReadFacts, end: HttpResponse): Promise<FetchOutcome> {
  const { headers, body } = end;
  const { validators, notes } = readValidators(headers, end.url.href, read.limits.maxValidatorBytes);
  if (body.length === 0) {
    const detail = `HTTP ${end.status}: the answer is empty. Nothing was changed`;
    return { kind: 'failed', failure: 'empty', detail, retryAfterMs: null, facts: factsOf(read, notes) };
  }
  const bodyHash = await hashOf(body);
  const { movedTo } = read.journey;
  const hint = freshnessLifetimeMs(headers, read.nowMs);
  if (bodyHash === known.bodyHash) {
    const facts = factsOf(read, [...notes, 'unchanged_body']);
    return { kind: 'not-modified', by: 'body', validators, movedTo, freshForMs: hint, facts };
  }
  // The tag says "the same", the bytes say otherwise: the bytes are right, or news would be lost.
  const reused = read.conditional && validators.etag !== null && validators.etag === known.validators.etag;
  return {
    kind: 'fresh',
    body,
    contentType: headers.first('content-type'),
    validators,
    bodyHash,
    url: end.url.href,
    movedTo,
    freshForMs: hint,
    links: readLinks(headers, end.url.href, read.limits.maxLinks),
    facts: factsOf(read, [...notes, ...(reused ? ['etag_reused'] : [])]),
  };
}

/** The outcome of reading a local file that could be read. */
export async function toFileOutcome(
  known: PreviousRead,
  file: { url: string; body: Uint8Array; durationMs: number },
): Promise<FetchOutcome> {
  const { url, body, durationMs } = file;
  const bodyHash = await hashOf(body);
  const facts = { status: null, bytes: body.length, durationMs, redirects: 0, notes: [] };
  if (bodyHash === known.bodyHash) {
    return { kind: 'not-modified', by: 'body', validators: noValidators, movedTo: null, freshForMs: null, facts };
  }
  const unsaid = { contentType: null, validators: noValidators, movedTo: null, freshForMs: null, links: [] };
  return { kind: 'fresh', body, bodyHash, url, ...unsaid, facts };
}

function factsOf({ journey, durationMs, notes }: ReadFacts, more: readonly string[] = []): FetchFacts {
  const { result, redirects } = journey;
  return {
    status: result.status,
    bytes: result.bytes,
    durationMs,
    redirects,
    notes: [...notes, ...result.notes, ...more],
  };
}

/** Of so many bytes, the hash is made faster than handed to another thread. */
const smallBytes = 256 * 1024;

/** Of SHA-256; off the event loop where it may take long: a body may be 20 MB. */
async function hashOf(body: Uint8Array): Promise<string> {
  if (body.length <= smallBytes) return hash('sha256', body);
  return Buffer.from(await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>)).toString('hex');
}
