import type { IncomingMessage } from 'node:http';
import { minuteMs } from '../../../domain/durations.ts';
import type { CompressibleBody } from '../response/content-coding.ts';
import { type ContentCoding, negotiateCoding } from '../response/content-coding.ts';
import { isNotModified } from '../response/send.ts';

type HeaderRecord = Readonly<Record<string, string>>;
type Bytes = Buffer<ArrayBuffer>;

/** The part of a cached body that differs for each client, such as the token of a form. */
interface PersonalPart {
  /** The text that stands for the part in the cached body. It may occur several times. */
  readonly placeholder: string;
  /** The text for one response. */
  value(): string;
}

/** A response that may be sent to any client. */
export interface CacheableResponse {
  readonly body: CompressibleBody;
  /** All headers of the response, in any content coding. */
  readonly headers: Headers;
  /** True: the body shows relative times, so it is valid until the current minute ends. */
  readonly expiresWithMinute: boolean;
  /** Absent: the body is the same for every client. With a personal part the ETag is weak. */
  readonly personal?: PersonalPart;
  /** Called each time the body is sent from the cache. Not called for a 304. */
  readonly onSent?: (incoming: IncomingMessage) => void;
  /** The canonical path of a feed whose fetches are limited. Absent: fetches are not limited. */
  readonly limitedFeed?: string;
}

/** The bytes and headers of an entry in one content coding (a representation, RFC 9110 §3.2). */
export interface Representation {
  /** The body. With a personal part: its pieces, between which each response gets its own text. They are not compressed. */
  readonly pieces: readonly Bytes[];
  readonly headers: HeaderRecord;
  /** For a 304. */
  readonly notModified: HeaderRecord;
}

/** A cached response with the representations that were asked for so far. */
export interface CacheEntry extends Omit<CacheableResponse, 'headers' | 'expiresWithMinute'> {
  readonly expiresMs: number;
  readonly lastModifiedMs: number | null;
  /** Without the headers that depend on the content coding. */
  readonly headers: HeaderRecord;
  readonly representations: Map<ContentCoding | null, Representation>;
}

/** An estimate of what the headers of one representation hold. */
const headerBytes = 1024;
const codingHeaders = new Set(['etag', 'content-length', 'content-encoding']);

/** Makes an entry of a response. No representation is built yet. */
export function toCacheEntry(
  { headers, expiresWithMinute, ...response }: CacheableResponse,
  nowMs: number,
): CacheEntry {
  const lastModified = headers.get('last-modified');
  return {
    ...response,
    expiresMs: expiresWithMinute ? (Math.floor(nowMs / minuteMs) + 1) * minuteMs : Number.POSITIVE_INFINITY,
    lastModifiedMs: lastModified === null ? null : Date.parse(lastModified),
    headers: Object.fromEntries([...headers].filter(([name]) => !codingHeaders.has(name))),
    representations: new Map(),
  };
}

/** The bytes that an entry holds in memory, compressed bodies included. */
export function heldBytes({ body, representations }: CacheEntry): number {
  return body.heldBytes + (representations.size + 1) * headerBytes;
}

/** The content coding to answer a client in; null: none. */
export function codingFor({ body }: CacheEntry, { headers }: IncomingMessage): ContentCoding | null {
  return body.isWorthCompressing ? negotiateCoding(headers['accept-encoding']?.toString()) : null;
}

/** Whether the client holds the representation already, so that 304 is the answer. */
export function isCurrent(entry: CacheEntry, { headers: own }: Representation, { headers }: IncomingMessage): boolean {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = headers;
  // The header that most clients send: no need to parse it.
  if (ifNoneMatch !== undefined && ifNoneMatch === own['etag']) return true;
  const { body, lastModifiedMs } = entry;
  return isNotModified({ ifNoneMatch, ifModifiedSince }, { tag: body.tag, lastModifiedMs });
}

/** Builds the representation in one content coding and adds it to the entry. */
export async function addRepresentation(entry: CacheEntry, coding: ContentCoding | null): Promise<Representation> {
  const { body, headers, personal, representations } = entry;
  const bytes = coding === null || personal !== undefined ? body.bytes : await body.encoded(coding);
  const { 'content-type': _type, ...withoutType } = headers;
  const etag = `${personal === undefined ? '' : 'W/'}"${body.tag}${coding === null ? '' : `-${coding}`}"`;
  const encoding = coding === null ? {} : { 'content-encoding': coding };
  const representation: Representation = {
    pieces: personal === undefined ? [bytes] : splitAt(bytes, personal.placeholder),
    headers: { ...headers, etag, 'content-length': String(bytes.length), ...encoding },
    notModified: { ...withoutType, etag },
  };
  representations.set(coding, representation);
  return representation;
}

/** The body of one response. */
export function bodyOf({ personal }: CacheEntry, { pieces }: Representation): readonly Bytes[] {
  const [first, ...rest] = pieces;
  if (personal === undefined || first === undefined) return pieces;
  const value = Buffer.from(personal.value());
  return [first, ...rest.flatMap((piece) => [value, piece])];
}

/** Splits bytes at each placeholder. The pieces share the memory of the bytes. */
function splitAt(bytes: Bytes, placeholder: string): readonly Bytes[] {
  const length = Buffer.byteLength(placeholder);
  const pieces: Bytes[] = [];
  let start = 0;
  for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder, start)) {
    pieces.push(bytes.subarray(start, at));
    start = at + length;
  }
  return [...pieces, bytes.subarray(start)];
}
