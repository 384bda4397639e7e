import { hash, subtle } from 'node:crypto';
import { mergeNotes, type Note, note } from '../domain/notes/note.ts';
import { type FetchFacts, type FetchOutcome, noValidators, type Validators } from '../domain/polling/fetch-outcome.ts';
import type { FetchLimits } from './client/fetch-limits.ts';
import type { HttpResponse } from './client/http-client.ts';
import { freshnessLifetimeMs, retryAfter } from './http-freshness.ts';
import { readLinks } from './link-header.ts';
import type { RedirectChain } from './redirects.ts';
import { classifyStatus } from './status-classes.ts';
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
