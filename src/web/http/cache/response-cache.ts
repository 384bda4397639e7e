import type { IncomingMessage, RequestListener } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { minuteMs } from '../../../domain/durations.ts';
import { LruCache } from '../../../runtime/lru-cache.ts';
import type { RefusedFeedFetch } from '../limits/feed-limit.ts';
import { type CompressibleBody, compress } from '../response/compressible-body.ts';
import {
  type CachedResponse,
  type CacheEntry,
  codingFor,
  concatPieces,
  createRepresentation,
  heldBytes,
  type PersonalBody,
  readyRepresentation,
  toCachedResponse,
  toResponse,
  writeResponse,
} from './cache-entry.ts';
import { cacheKey } from './cache-key.ts';

/** What answers are kept by. */
export interface ResponseCacheOptions {
  /** Equal as long as nothing has changed that answers are made of; null: it cannot be told, and nothing is kept. */
  readonly dataVersion: () => string | null;
  readonly nowMs: () => number;
  /** Of all answers together, with their keys and their compressed forms. */
  readonly maxBytes: number;
  /** Counts a whole feed for its client. Returns the seconds that the client has to wait instead; null: none. */
  readonly countFeedFetch: (incoming: IncomingMessage, feed: string) => number | null;
}

/** An answer that may be given to every reader. */
export interface CacheableResponse {
  readonly body: CompressibleBody;
  /** With all headers, for whatever coding. */
  readonly headers: Headers;
  /** True: a time stands in it, so that it is right for the running minute only. */
  readonly expiresWithMinute: boolean;
  /** Where a reader gets a body of his own, alike but for a token: how it is made, and what else is done then. */
  readonly own?: PersonalBody;
  /** The canonical path of a feed whose fetches are limited; absent: it is none. */
  readonly feed?: string;
}

/** A request under way: where its answer belongs, and the mark that was read before anything else was. */
interface PendingEntry {
  readonly key: string;
  readonly mark: string;
}

/** A request as the cache sees it, and how the app is asked instead: with the seconds that were refused, if any. */
interface CacheRequest {
  readonly incoming: IncomingMessage;
  ask(waitS: number | null): Response | Promise<Response>;
}

type Fetch = Hono['fetch'];

/** Hosts that need no second look: whatever else is asked for is judged, and refused, where requests are made of it. */
const plainHost = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/;
const dependent = new Set(['etag', 'content-length', 'content-encoding']);

/**
 * Keeps whole answers that are the same for every reader, for as long as they are right: until the next commit or
 * change of declarations and, where a time stands in them, to the end of the minute. Given again they cost next to
 * nothing: neither the database nor the page is asked.
 */
export class ResponseCache {
  readonly #parts: ResponseCacheOptions;
  readonly #kept: LruCache<CacheEntry>;
  readonly #places = new WeakMap<Request, PendingEntry>();
  readonly #making = new Map<string, Promise<unknown>>();

  constructor(parts: ResponseCacheOptions) {
    this.#parts = parts;
    this.#kept = new LruCache({ maxBytes: parts.maxBytes });
  }

  /** Bytes of all that is kept. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /**
   * Puts what is kept before a server's listener: what can be given at once is written down as it is, and no request
   * or response is made of it. All else is the listener's.
   */
  before(listener: RequestListener): RequestListener {
    return (incoming, outgoing) => {
      let ready: CachedResponse | null = null;
      try {
        ready = this.#readyFor(incoming);
      } catch {
        // The listener meets the same fault, and has a way of telling it.
        ready = null;
      }
      if (ready === null) listener(incoming, outgoing);
      else writeResponse(ready, outgoing);
    };
  }

  /** Puts what is kept before an app, whose answers carry all their headers. */
  around(fetch: Fetch): Fetch {
    return (request, env, context) => {
      const incoming = ((env ?? {}) as Partial<HttpBindings>).incoming as IncomingMessage | undefined;
      const place = incoming === undefined ? null : this.#placeOf(incoming);
      if (incoming === undefined || place === null) return fetch(request, env, context);
      const ask = (waitS: number | null): Response | Promise<Response> => {
        this.#places.set(request, place);
        if (waitS === null) return fetch(request, env, context);
        const refused: RefusedFeedFetch = { feedWaitS: waitS };
        return fetch(request, { ...(env as object), ...refused }, context);
      };
      const kept = this.#find(place);
      return kept === null ? this.#ask(place, { incoming, ask }) : this.#give(kept, { incoming, ask });
    };
  }

  /** Keeps the answer to a request that is under way. */
  put(c: Context, answer: CacheableResponse): void {
    const place = this.#places.get(c.req.raw);
    if (place === undefined) return;
    const { body, headers, expiresWithMinute, own = null, feed = null } = answer;
    const lastModified = headers.get('last-modified');
    const untilMs = expiresWithMinute
      ? (Math.floor(this.#parts.nowMs() / minuteMs) + 1) * minuteMs
      : Number.POSITIVE_INFINITY;
    const kept: CacheEntry = {
      ...place,
      untilMs,
      body,
      lastModifiedMs: lastModified === null ? null : Date.parse(lastModified),
      own,
      feed,
      headers: Object.fromEntries([...headers].filter(([name]) => !dependent.has(name))),
      representations: new Map(),
    };
    this.#kept.set(place.key, kept, heldBytes(kept));
  }

  /** Null: the answer is not one that is kept. */
  #placeOf(incoming: IncomingMessage): PendingEntry | null {
    const key = incoming.method === 'GET' && incoming.url !== undefined ? cacheKey(incoming.url) : null;
    const mark = key === null ? null : this.#parts.dataVersion();
    return key === null || mark === null ? null : { key, mark };
  }

  #find({ key, mark }: PendingEntry): CacheEntry | null {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.mark === mark && this.#parts.nowMs() < kept.untilMs ? kept : null;
  }

  /** What is at hand for this reader, who has nothing to wait for. */
  #readyFor(incoming: IncomingMessage): CachedResponse | null {
    if (!plainHost.test(incoming.headers.host ?? '')) return null;
    const place = this.#placeOf(incoming);
    const kept = place === null ? null : this.#find(place);
    const form = kept === null ? null : readyRepresentation(kept, incoming);
    if (kept === null || form === null) return null;
    const ready = toCachedResponse(kept, form, incoming);
    // The app refuses: what has to wait is not counted, so that nobody is counted twice.
    return this.#waitFor(kept, ready, incoming) === null ? ready : null;
  }

  /** Counts a feed that is given whole. */
  #waitFor({ feed }: CacheEntry, { status }: CachedResponse, incoming: IncomingMessage): number | null {
    return feed === null || status !== 200 ? null : this.#parts.countFeedFetch(incoming, feed);
  }

  /** The kept answer for this reader, or what the app says when he has to wait. */
  #give(kept: CacheEntry, asked: CacheRequest): Response | Promise<Response> {
    const form = readyRepresentation(kept, asked.incoming);
    if (form === null) return this.#giveLater(kept, asked);
    const ready = toCachedResponse(kept, form, asked.incoming);
    const waitS = this.#waitFor(kept, ready, asked.incoming);
    return waitS === null ? toResponse(ready) : asked.ask(waitS);
  }

  /** The same where something has to be compressed first. */
  async #giveLater(kept: CacheEntry, asked: CacheRequest): Promise<Response> {
    const coding = codingFor(kept, asked.incoming);
    const form = kept.representations.get(coding) ?? (await createRepresentation(kept, coding));
    if (this.#kept.get(kept.key) === kept) this.#kept.set(kept.key, kept, heldBytes(kept));
    const ready = toCachedResponse(kept, form, asked.incoming);
    const waitS = this.#waitFor(kept, ready, asked.incoming);
    if (waitS !== null) return asked.ask(waitS);
    if (ready.status === 304 || kept.own === null || coding === null) return toResponse(ready);
    const bytes = await compress(concatPieces(ready.pieces), coding);
    return toResponse({
      ...ready,
      headers: { ...form.headers, 'content-length': String(bytes.length) },
      pieces: [bytes],
    });
  }

  /** Asks the app. What was kept before will be again: whoever asks meanwhile waits, instead of having it made twice. */
  async #ask(place: PendingEntry, asked: CacheRequest): Promise<Response> {
    const { key } = place;
    const making = this.#making.get(key);
    if (making !== undefined) {
      await making;
      const kept = this.#find(place);
      return kept === null ? asked.ask(null) : this.#give(kept, asked);
    }
    const made = Promise.resolve(asked.ask(null));
    if (!this.#kept.has(key)) return made;
    // How it went is told to whoever asked first.
    const over = made.then(
      () => undefined,
      () => undefined,
    );
    this.#making.set(key, over);
    void over.then(() => this.#making.delete(key));
    return made;
  }
}
