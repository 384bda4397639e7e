import type { IncomingMessage, RequestListener } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import {
  codingFor,
  formAtHand,
  joined,
  type Kept,
  type MakeOwn,
  makeForm,
  type Ready,
  readyOf,
  responseOf,
  write,
} from './kept-forms.ts';
import { compress, type Packed } from './packed.ts';

/** What answers are kept by. */
export interface KeptParts {
  /** Equal as long as nothing has changed that answers are made of; null: it cannot be told, and nothing is kept. */
  readonly mark: () => string | null;
  readonly nowMs: () => number;
  readonly maxBytes: number;
  /** Seconds that this reader has to wait for what is kept; null, or a promise of null: none. */
  readonly wait: (incoming: IncomingMessage) => Promise<number | null> | null;
}

/** An answer that may be given to every reader. */
export interface Answer {
  readonly body: Packed;
  /** With all headers, for whatever coding. */
  readonly headers: Headers;
  /** True: a time stands in it, so that it is right for the running minute only. */
  readonly timed: boolean;
  /** Where a reader gets a body of his own, alike but for a token: how it is made, and what else is done then. */
  readonly own?: MakeOwn;
}

/** A request under way: where its answer belongs, and the mark that was read before anything else was. */
interface Place {
  readonly key: string;
  readonly mark: string;
}

type Fetch = Hono['fetch'];

const minuteMs = 60_000;
/** Hosts that need no second look: whatever else is asked for is judged, and refused, where requests are made of it. */
const plainHost = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/;
const dependent = new Set(['etag', 'content-length', 'content-encoding']);

/**
 * Keeps whole answers that are the same for every reader, for as long as they are right: until the next commit or
 * change of declarations and, where a time stands in them, to the end of the minute. Given again they cost next to
 * nothing: neither the database nor the page is asked.
 */
export class KeptAnswers {
  readonly #parts: KeptParts;
  readonly #kept = new Map<string, Kept>();
  readonly #places = new WeakMap<Request, Place>();
  readonly #making = new Map<string, Promise<unknown>>();
  readonly #waits = new WeakMap<IncomingMessage, Promise<number | null>>();
  #bytes = 0;

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /**
   * Puts what is kept before a server's listener: what can be given at once is written down as it is, and no request
   * or response is made of it. All else is the listener's.
   */
  before(listener: RequestListener): RequestListener {
    return (incoming, outgoing) => {
      let ready: Ready | null = null;
      try {
        ready = this.#readyFor(incoming);
      } catch {
        // The listener meets the same fault, and has a way of telling it.
        ready = null;
      }
      if (ready === null) listener(incoming, outgoing);
      else write(ready, outgoing);
    };
  }

  /** Puts what is kept before an app, whose answers carry all their headers. */
  around(fetch: Fetch): Fetch {
    return (request, env, context) => {
      const incoming = ((env ?? {}) as Partial<HttpBindings>).incoming as IncomingMessage | undefined;
      const mark = incoming?.method === 'GET' && incoming.url !== undefined ? this.#parts.mark() : null;
      if (incoming === undefined || mark === null) return fetch(request, env, context);
      const place = { key: keyOf(incoming), mark };
      const ask = (): Response | Promise<Response> => {
        this.#places.set(request, place);
        return fetch(request, env, context);
      };
      const kept = this.#find(place);
      if (kept === null) return this.#ask(place, incoming, ask);
      const given = this.#give(kept, incoming);
      return given instanceof Response ? given : given.then((answer) => answer ?? ask());
    };
  }

  /** Keeps the answer to a request that is under way. */
  keep(c: Context, answer: Answer): void {
    const place = this.#places.get(c.req.raw);
    if (place === undefined) return;
    const { body, headers, timed, own = null } = answer;
    const lastModified = headers.get('last-modified');
    const untilMs = timed ? (Math.floor(this.#parts.nowMs() / minuteMs) + 1) * minuteMs : Number.POSITIVE_INFINITY;
    this.#drop(place.key);
    this.#kept.set(place.key, {
      mark: place.mark,
      untilMs,
      body,
      lastModifiedMs: lastModified === null ? null : Date.parse(lastModified),
      own,
      shared: Object.fromEntries([...headers].filter(([name]) => !dependent.has(name))),
      forms: new Map(),
    });
    this.#grow(body.bytes.length);
  }

  #find({ key, mark }: Place): Kept | null {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.mark === mark && this.#parts.nowMs() < kept.untilMs ? kept : null;
  }

  /** What is at hand for this reader, who has nothing to wait for. */
  #readyFor(incoming: IncomingMessage): Ready | null {
    if (incoming.method !== 'GET' || !plainHost.test(incoming.headers.host ?? '')) return null;
    const mark = this.#parts.mark();
    const kept = mark === null ? null : this.#find({ key: keyOf(incoming), mark });
    const form = kept === null ? null : formAtHand(kept, incoming);
    if (kept === null || form === null) return null;
    const wait = this.#parts.wait(incoming);
    if (wait === null) return readyOf(kept, form, incoming);
    // He was counted: he is not to be once more when the app's turn comes.
    this.#waits.set(incoming, wait);
    return null;
  }

  /** The kept answer for this reader; a promise of null when the app has to refuse him. */
  #give(kept: Kept, incoming: IncomingMessage): Response | Promise<Response | null> {
    const form = formAtHand(kept, incoming);
    const wait = this.#waits.get(incoming) ?? this.#parts.wait(incoming);
    if (form === null || wait !== null) return giveLater(kept, wait, incoming);
    return responseOf(readyOf(kept, form, incoming));
  }

  /** Asks the app. What was kept before will be again: whoever asks meanwhile waits, instead of having it made twice. */
  async #ask(place: Place, incoming: IncomingMessage, ask: () => Response | Promise<Response>): Promise<Response> {
    const { key } = place;
    const making = this.#making.get(key);
    if (making !== undefined) {
      await making;
      const kept = this.#find(place);
      return (kept === null ? null : await this.#give(kept, incoming)) ?? ask();
    }
    const made = Promise.resolve(ask());
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

  #grow(bytes: number): void {
    this.#bytes += bytes;
    for (const key of this.#kept.keys()) {
      if (this.#bytes <= this.#parts.maxBytes) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.body.bytes.length ?? 0;
    this.#kept.delete(key);
  }
}

/** The address, and what else an answer depends on besides its coding. */
function keyOf({ url = '', headers }: IncomingMessage): string {
  return headers['sec-fetch-dest'] === 'document' ? `${url} opened` : url;
}

async function giveLater(
  kept: Kept,
  wait: Promise<number | null> | null,
  incoming: IncomingMessage,
): Promise<Response | null> {
  if (wait !== null && (await wait) !== null) return null;
  const coding = codingFor(kept, incoming);
  const form = kept.forms.get(coding) ?? (await makeForm(kept, coding));
  const ready = readyOf(kept, form, incoming);
  if (ready.status === 304 || kept.own === null || coding === null) return responseOf(ready);
  const bytes = await compress(joined(ready.pieces), coding);
  return responseOf({
    ...ready,
    headers: { ...form.headers, 'content-length': String(bytes.length) },
    pieces: [bytes],
  });
}
