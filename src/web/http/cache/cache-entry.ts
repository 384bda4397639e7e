import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CompressibleBody } from '../response/compressible-body.ts';
import { isNotModified } from '../response/conditional-request.ts';
import { type ContentCoding, negotiateCoding } from '../response/content-coding.ts';

/** The pieces of one reader's body: most of them are everybody's, so that nothing is put together for him alone. */
export type PersonalBody = (incoming: IncomingMessage) => readonly Buffer<ArrayBuffer>[];

type HeaderRecord = Readonly<Record<string, string>>;

/** Bytes and headers in one coding. */
export interface Representation {
  readonly pieces: readonly Buffer<ArrayBuffer>[];
  readonly headers: HeaderRecord;
  readonly notModified: HeaderRecord;
}

/** What is kept of an answer. */
export interface CacheEntry {
  readonly key: string;
  readonly mark: string;
  readonly untilMs: number;
  readonly body: CompressibleBody;
  readonly lastModifiedMs: number | null;
  readonly own: PersonalBody | null;
  /** The canonical path of a feed whose fetches are limited; null: it is none. */
  readonly feed: string | null;
  /** Without what depends on the coding. */
  readonly headers: HeaderRecord;
  readonly representations: Map<ContentCoding | null, Representation>;
}

/** An answer that can be given at once. */
export interface CachedResponse {
  readonly status: 200 | 304;
  readonly headers: HeaderRecord;
  /** None: there is no body. */
  readonly pieces: readonly Buffer<ArrayBuffer>[];
}

/** About what the headers of one form hold. */
const headerBytes = 1024;

/** Bytes that an answer holds in memory, in all its forms. A body that is made for each reader is kept in pieces too. */
export function heldBytes({ body, own, representations }: CacheEntry): number {
  return body.heldBytes + (own === null ? 0 : body.bytes.length) + (representations.size + 1) * headerBytes;
}

/** What answers have to be in for this reader. */
export function codingFor({ body }: CacheEntry, incoming: IncomingMessage): ContentCoding | null {
  return body.isWorthCompressing ? negotiateCoding(incoming.headers['accept-encoding']?.toString()) : null;
}

/** Null: it has to be compressed first. */
export function readyRepresentation(kept: CacheEntry, incoming: IncomingMessage): Representation | null {
  const coding = codingFor(kept, incoming);
  return kept.own === null || coding === null ? (kept.representations.get(coding) ?? null) : null;
}

function isHeld({ body, lastModifiedMs }: CacheEntry, form: Representation, { headers }: IncomingMessage): boolean {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = headers;
  // What nearly everybody says who holds anything.
  if (ifNoneMatch !== undefined && ifNoneMatch === form.headers['etag']) return true;
  return isNotModified({ ifNoneMatch, ifModifiedSince }, { tag: body.tag, lastModifiedMs });
}

/** What this reader gets in a form: nothing but headers when he holds it already. */
export function toCachedResponse(kept: CacheEntry, form: Representation, incoming: IncomingMessage): CachedResponse {
  if (isHeld(kept, form, incoming)) return { status: 304, headers: form.notModified, pieces: [] };
  return { status: 200, headers: form.headers, pieces: kept.own?.(incoming) ?? form.pieces };
}

/** The same as the app's answers are. */
export function toResponse({ status, headers, pieces }: CachedResponse): Response {
  return new Response(pieces.length === 0 ? null : concatPieces(pieces), { status, headers });
}

/** One body out of its pieces. */
export function concatPieces(pieces: readonly Buffer<ArrayBuffer>[]): Buffer<ArrayBuffer> {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}

/** Writes an answer down as it is: its pieces leave together, in one call of the system. */
export function writeResponse({ status, headers, pieces }: CachedResponse, outgoing: ServerResponse): void {
  outgoing.writeHead(status, headers);
  for (const piece of pieces.slice(0, -1)) outgoing.write(piece);
  outgoing.end(pieces.at(-1));
}

/** Makes the form of one coding and keeps it. */
export async function createRepresentation(kept: CacheEntry, coding: ContentCoding | null): Promise<Representation> {
  const { body, headers, own } = kept;
  const bytes = coding === null || own !== null ? body.bytes : await body.encoded(coding);
  const { 'content-type': _type, ...bare } = headers;
  const tag = `${own === null ? '' : 'W/'}"${body.tag}${coding === null ? '' : `-${coding}`}"`;
  const length = { 'content-length': String(bytes.length) };
  const encoding = coding === null ? {} : { 'content-encoding': coding };
  const form: Representation = {
    pieces: [bytes],
    headers: { ...headers, etag: tag, ...length, ...encoding },
    notModified: { ...bare, etag: tag },
  };
  kept.representations.set(coding, form);
  return form;
}
