import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { bestCoding, type Coding } from './codings.ts';
import { isNotModified } from './conditional.ts';
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
  readonly own?: (incoming: IncomingMessage) => Buffer<ArrayBuffer>;
}

type HeaderRecord = Readonly<Record<string, string>>;

/** Bytes and headers in one coding. */
interface Form {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly headers: HeaderRecord;
  readonly notModified: HeaderRecord;
}

interface Kept {
  readonly mark: string;
  readonly untilMs: number;
  readonly body: Packed;
  readonly lastModifiedMs: number | null;
  readonly own: ((incoming: IncomingMessage) => Buffer<ArrayBuffer>) | null;
  /** Without what depends on the coding. */
  readonly shared: HeaderRecord;
  readonly forms: Map<Coding | null, Form>;
}

/** A request under way: where its answer belongs, and the mark that was read before anything else was. */
interface Place {
  readonly key: string;
  readonly mark: string;
}

type Fetch = Hono['fetch'];

const minuteMs = 60_000;
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
  #bytes = 0;

  constructor(parts: KeptParts) {
    this.#parts = parts;
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

  /** The kept answer for this reader; a promise of null when the app has to refuse him. */
  #give(kept: Kept, incoming: IncomingMessage): Response | Promise<Response | null> {
    const coding = kept.body.large ? bestCoding(incoming.headers['accept-encoding']?.toString()) : null;
    const form = kept.forms.get(coding);
    const wait = this.#parts.wait(incoming);
    // The usual case, and the one that is to be fast: nothing is waited for.
    const isAtHand = form !== undefined && wait === null && (kept.own === null || coding === null);
    if (!isAtHand) return giveLater(kept, { coding, wait, incoming });
    return notModified(kept, form, incoming) ?? new Response(kept.own?.(incoming) ?? form.bytes, form);
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

function notModified({ body, lastModifiedMs }: Kept, form: Form, incoming: IncomingMessage): Response | null {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = incoming.headers;
  const isHeld = isNotModified({ ifNoneMatch, ifModifiedSince }, { tag: body.tag, lastModifiedMs });
  return isHeld ? new Response(null, { status: 304, headers: form.notModified }) : null;
}

interface Asked {
  readonly coding: Coding | null;
  readonly wait: Promise<number | null> | null;
  readonly incoming: IncomingMessage;
}

async function giveLater(kept: Kept, { coding, wait, incoming }: Asked): Promise<Response | null> {
  if (wait !== null && (await wait) !== null) return null;
  const form = kept.forms.get(coding) ?? (await makeForm(kept, coding));
  const held = notModified(kept, form, incoming);
  if (held !== null || kept.own === null) return held ?? new Response(form.bytes, form);
  const own = kept.own(incoming);
  const bytes = coding === null ? own : await compress(own, coding);
  return new Response(bytes, { headers: { ...form.headers, 'content-length': String(bytes.length) } });
}

async function makeForm(kept: Kept, coding: Coding | null): Promise<Form> {
  const { body, shared, own } = kept;
  const bytes = coding === null || own !== null ? body.bytes : await body.coded(coding);
  const { 'content-type': _type, ...bare } = shared;
  const tag = `${own === null ? '' : 'W/'}"${body.tag}${coding === null ? '' : `-${coding}`}"`;
  const length = { 'content-length': String(bytes.length) };
  const encoding = coding === null ? {} : { 'content-encoding': coding };
  const form = {
    bytes,
    headers: { ...shared, etag: tag, ...length, ...encoding },
    notModified: { ...bare, etag: tag },
  };
  kept.forms.set(coding, form);
  return form;
}
