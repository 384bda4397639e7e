import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { minuteMs } from '../../../domain/durations.ts';
import type { Log } from '../../../runtime/log.ts';
import { LruCache } from '../../../runtime/lru-cache.ts';
import {
  type CompressibleBody,
  type ContentCoding,
  compress,
  isNotModified,
  negotiateCoding,
} from '../response/send.ts';
import { cacheKey } from './cache-key.ts';

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
interface Representation {
  /** The body. With a personal part: its pieces, between which each response gets its own text. They are not compressed. */
  readonly pieces: readonly Bytes[];
  readonly headers: HeaderRecord;
  /** For a 304. */
  readonly notModified: HeaderRecord;
}

/** A cached response with the representations that were asked for so far. */
interface CacheEntry extends Omit<CacheableResponse, 'headers' | 'expiresWithMinute'> {
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
function toCacheEntry({ headers, expiresWithMinute, ...response }: CacheableResponse, nowMs: number): CacheEntry {
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
function heldBytes({ body, representations }: CacheEntry): number {
  return body.heldBytes + (representations.size + 1) * headerBytes;
}

/** The content coding to answer a client in; null: none. */
function codingFor({ body }: CacheEntry, { headers }: IncomingMessage): ContentCoding | null {
  return body.isWorthCompressing ? negotiateCoding(headers['accept-encoding']?.toString()) : null;
}

/** Whether the client holds the representation already, so that 304 is the answer. */
function isCurrent(entry: CacheEntry, { headers: own }: Representation, { headers }: IncomingMessage): boolean {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = headers;
  // The header that most clients send: no need to parse it.
  if (ifNoneMatch !== undefined && ifNoneMatch === own['etag']) return true;
  const { body, lastModifiedMs } = entry;
  return isNotModified({ ifNoneMatch, ifModifiedSince }, { tag: body.tag, lastModifiedMs });
}

/** Builds the representation in one content coding and adds it to the entry. */
async function addRepresentation(entry: CacheEntry, coding: ContentCoding | null): Promise<Representation> {
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
function bodyOf({ personal }: CacheEntry, { pieces }: Representation): readonly Bytes[] {
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

/** The memory of all cached responses together: bodies, their compressed forms, headers and keys. */
const maxCacheBytes = 32 * 1024 * 1024;

export interface ResponseCacheOptions {
  /** Equal while nothing has changed that responses are built from. Null: unknown, and nothing is cached. */
  readonly dataVersion: () => string | null;
  readonly nowMs: () => number;
  readonly log: Pick<Log, 'error'>;
  /** Counts one fetch of a limited feed. False: the client is over its limit, and the app writes the refusal. */
  readonly consumeFeedQuota: (incoming: IncomingMessage, feed: string) => boolean;
}

/** A request with its response, and the listener that answers what the cache does not. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly listener: RequestListener;
}

/** A request for a cacheable response: its key, and the data version that was read before any of its data. */
interface CacheRequest {
  readonly key: string;
  readonly dataVersion: string;
}

/**
 * Caches whole responses that are the same for every client, but for a personal part. An entry is valid until the next
 * commit or change of the declarations and, where it shows relative times, until the minute ends. A response is built
 * on demand, once for each data version; when the data version changes, all entries are dropped at once.
 *
 * The cache has one entry point: it wraps the listener of the HTTP server. A request that it can answer never becomes a
 * Request of the framework. All other requests are passed to the listener, and route handlers `put` what they send.
 */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  /** All entries are of the current data version. */
  #entries = new LruCache<CacheEntry>({ maxBytes: maxCacheBytes });
  #dataVersion: string | null = null;
  readonly #requests = new WeakMap<IncomingMessage, CacheRequest>();
  /** Responses that are being built: settled as soon as the entry is there, or the response has ended without one. */
  readonly #building = new Map<string, PromiseWithResolvers<void>>();

  constructor(options: ResponseCacheOptions) {
    this.#options = options;
  }

  /** The memory that the entries hold. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  /** Puts the cache in front of a server's listener. */
  wrap(listener: RequestListener): RequestListener {
    return (incoming, outgoing) => {
      const request = this.#requestOf(incoming);
      const exchange = { incoming, outgoing, listener };
      if (request === null) listener(incoming, outgoing);
      else this.#answer(request, exchange);
    };
  }

  /** Caches the response to the request that is being handled. */
  put(c: Context, response: CacheableResponse): void {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const request = incoming === undefined ? undefined : this.#requests.get(incoming as IncomingMessage);
    // The response may be older than what has been committed meanwhile.
    if (request === undefined || request.dataVersion !== this.#dataVersion) return;
    const entry = toCacheEntry(response, this.#options.nowMs());
    this.#entries.set(request.key, entry, heldBytes(entry));
    this.#building.get(request.key)?.resolve();
  }

  /** Null: the response to this request is not cacheable. Drops all entries when the data version has changed. */
  #requestOf(incoming: IncomingMessage): CacheRequest | null {
    if (incoming.method !== 'GET' || incoming.url === undefined || !isAcceptedHost(incoming.headers.host)) return null;
    const key = cacheKey(incoming.url);
    const dataVersion = key === null ? null : this.#readDataVersion();
    if (key === null || dataVersion === null) return null;
    if (dataVersion !== this.#dataVersion) {
      this.#entries = new LruCache({ maxBytes: maxCacheBytes });
      this.#dataVersion = dataVersion;
    }
    return { key, dataVersion };
  }

  #readDataVersion(): string | null {
    try {
      return this.#options.dataVersion();
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot read the data version; responses are not cached');
      return null;
    }
  }

  #entryOf({ key }: CacheRequest): CacheEntry | null {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#options.nowMs() < entry.expiresMs) return entry ?? null;
    this.#entries.delete(key);
    return null;
  }

  #answer(request: CacheRequest, exchange: Exchange): void {
    const entry = this.#entryOf(request);
    if (entry !== null) {
      this.#send(request, entry, exchange);
      return;
    }
    const building = this.#building.get(request.key);
    if (building === undefined) this.#build(request, exchange);
    else void building.promise.then(() => this.#answerAfterBuild(exchange));
  }

  /** Passes the request to the app. Requests for the same key wait meanwhile, so that one commit costs one response. */
  #build(request: CacheRequest, { incoming, outgoing, listener }: Exchange): void {
    const building = Promise.withResolvers<void>();
    this.#building.set(request.key, building);
    const end = (): void => {
      if (this.#building.get(request.key) === building) this.#building.delete(request.key);
      building.resolve();
    };
    outgoing.once('prefinish', end).once('close', end);
    this.#requests.set(incoming, request);
    listener(incoming, outgoing);
  }

  /** The response that this request waited for may not have been cacheable: an error, or a refusal to its client. */
  #answerAfterBuild(exchange: Exchange): void {
    const { incoming, outgoing, listener } = exchange;
    const request = this.#requestOf(incoming);
    const entry = request === null ? null : this.#entryOf(request);
    if (request !== null && entry !== null) this.#send(request, entry, exchange);
    else listener(incoming, outgoing);
  }

  #send(request: CacheRequest, entry: CacheEntry, exchange: Exchange): void {
    const coding = codingFor(entry, exchange.incoming);
    const representation = entry.representations.get(coding);
    const mustCompress = representation === undefined || (entry.personal !== undefined && coding !== null);
    if (representation !== undefined && isCurrent(entry, representation, exchange.incoming)) {
      exchange.outgoing.writeHead(304, representation.notModified).end();
    } else if (mustCompress) {
      this.#compressAndSend(request, { entry, coding }, exchange).catch((error: unknown) =>
        this.#fail(error, exchange),
      );
    } else {
      try {
        if (this.#mayFetch(entry, exchange)) {
          write(exchange.outgoing, representation.headers, bodyOf(entry, representation));
        }
      } catch (error) {
        this.#fail(error, exchange);
      }
    }
  }

  /** An error of ours, in a hook of the entry for example. It must not end the process. */
  #fail(error: unknown, { incoming, outgoing }: Exchange): void {
    this.#options.log.error({ err: error, path: incoming.url }, 'cannot send a cached response');
    outgoing.destroy();
  }

  /** Builds the representation first, or compresses a body with a personal part. */
  async #compressAndSend(
    { key }: CacheRequest,
    { entry, coding }: { readonly entry: CacheEntry; readonly coding: ContentCoding | null },
    exchange: Exchange,
  ): Promise<void> {
    const { incoming, outgoing } = exchange;
    const representation = entry.representations.get(coding) ?? (await addRepresentation(entry, coding));
    if (this.#entries.get(key) === entry) this.#entries.set(key, entry, heldBytes(entry));
    if (isCurrent(entry, representation, incoming)) {
      outgoing.writeHead(304, representation.notModified).end();
      return;
    }
    if (!this.#mayFetch(entry, exchange)) return;
    const pieces = bodyOf(entry, representation);
    if (entry.personal === undefined || coding === null) {
      write(outgoing, representation.headers, pieces);
      return;
    }
    const bytes = await compress(Buffer.concat(pieces), coding);
    write(outgoing, { ...representation.headers, 'content-length': String(bytes.length) }, [bytes]);
  }

  /** Counts a response with a body. False: the client is over its limit, and the request was passed to the app. */
  #mayFetch({ limitedFeed, onSent }: CacheEntry, { incoming, outgoing, listener }: Exchange): boolean {
    if (limitedFeed !== undefined && !this.#options.consumeFeedQuota(incoming, limitedFeed)) {
      listener(incoming, outgoing);
      return false;
    }
    onSent?.(incoming);
    return true;
  }
}

/** Hosts that need no URL parser. */
const plainHost = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/;

/** Whether the framework accepts a Host header. It answers any other with 400, whatever is cached. */
function isAcceptedHost(host: string | undefined): boolean {
  if (host === undefined || plainHost.test(host)) return true;
  const name = URL.parse(`http://${host}`)?.hostname;
  return name !== undefined && (name.length === host.length || name === host.replace(/:\d+$/, '').toLowerCase());
}

/** Node sends the pieces together with the headers, in one system call. */
function write(
  outgoing: ServerResponse,
  headers: Readonly<Record<string, string>>,
  pieces: readonly Buffer<ArrayBuffer>[],
): void {
  outgoing.writeHead(200, headers);
  for (const piece of pieces.slice(0, -1)) outgoing.write(piece);
  outgoing.end(pieces.at(-1));
}
