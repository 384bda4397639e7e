import { hash, subtle } from 'node:crypto';
import { type FetchFacts, type FetchOutcome, noValidators, type Validators } from '../domain/polling/fetch-outcome.ts';
import type { FetchLimits } from './client/fetch-limits.ts';
import type { OutboundAnswer } from './client/http-client.ts';
import { freshForMs, retryAfter } from './http-freshness.ts';
import { readLinks } from './link-header.ts';
import type { Journey } from './redirects.ts';
import { judgeStatus } from './status-classes.ts';
import { isOdd, readValidators, refreshValidators } from './validators.ts';

/** What was known of the document before it was asked for. */
export interface Known {
  readonly validators: Validators;
  readonly bodyHash: string | null;
}

/** How a read went. */
export interface Read {
  readonly journey: Journey;
  /** Whether the last hop was asked with the validators. */
  readonly conditional: boolean;
  readonly nowMs: number;
  readonly durationMs: number;
  readonly limits: FetchLimits;
  readonly notes: readonly string[];
}

/** Makes of the end of a journey what it means for a source. */
export async function conclude(known: Known, read: Read): Promise<FetchOutcome> {
  const { end } = read.journey;
  if (end.kind === 'failed') {
    const { failure, detail } = end;
    return { kind: 'failed', failure, detail, retryAfterMs: null, facts: factsOf(read) };
  }
  if (end.status === 304) return notModified(known, read, end);
  const asked = retryAfter(end.headers, read.nowMs, read.limits.maxRetryAfterMs);
  const verdict = judgeStatus(end.status, end.headers, asked.ms);
  if (verdict.kind === 'document') return await readDocument(known, read, end);
  const suspect = end.status === 400 && read.conditional && isOdd(known.validators);
  const notes = [...(asked.capped ? ['retry_after_capped'] : []), ...(suspect ? ['bad_validator'] : [])];
  return { ...verdict, facts: factsOf(read, notes) };
}

function notModified(known: Known, read: Read, end: OutboundAnswer): FetchOutcome {
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
    freshForMs: freshForMs(end.headers, read.nowMs),
    facts: factsOf(read, fresh.notes),
  };
}

async function readDocument(known: Known, read: Read, end: OutboundAnswer): Promise<FetchOutcome> {
  const { headers, body } = end;
  const { validators, notes } = readValidators(headers, end.url.href, read.limits.maxValidatorBytes);
  if (body.length === 0) {
    const detail = `HTTP ${end.status}: the answer is empty. Nothing was changed`;
    return { kind: 'failed', failure: 'empty', detail, retryAfterMs: null, facts: factsOf(read, notes) };
  }
  const bodyHash = await hashOf(body);
  const { movedTo } = read.journey;
  const hint = freshForMs(headers, read.nowMs);
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
export async function concludeFile(
  known: Known,
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

function factsOf({ journey, durationMs, notes }: Read, more: readonly string[] = []): FetchFacts {
  const { end, redirects } = journey;
  return { status: end.status, bytes: end.bytes, durationMs, redirects, notes: [...notes, ...end.notes, ...more] };
}

/** Of so many bytes, the hash is made faster than handed to another thread. */
const smallBytes = 256 * 1024;

/** Of SHA-256; off the event loop where it may take long: a body may be 20 MB. */
async function hashOf(body: Uint8Array): Promise<string> {
  if (body.length <= smallBytes) return hash('sha256', body);
  return Buffer.from(await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>)).toString('hex');
}
