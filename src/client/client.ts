import type { ItemsPage, ServerMessage, WireEvent } from '../domain/wire.ts';
import { type Addresses, addressesOf } from './addresses.ts';
import { Backoff } from './backoff.ts';
import { Emitter } from './emitter.ts';
import type { Link, LinkEnd, LinkMessage } from './link.ts';
import { isCursor, Place } from './place.ts';
import { hereRuntime } from './runtime.ts';
import { StreamLink } from './sse-link.ts';
import type {
  ClientEvents,
  ClientOptions,
  ClientProblem,
  ClientRuntime,
  ClientState,
  ItemChange,
  Listener,
} from './types.ts';
import { WebSocketLink } from './ws-link.ts';

export type { WireFilter, WireItem, WireRemoved } from '../domain/wire.ts';
export type * from './types.ts';

const defaultSnapshotLimit = 100;
/** Connections that broke before the server spoke, after which a WebSocket counts as blocked. */
const blockedAfter = 2;

/** Ends the link from inside: something could not be done with what it brought. It was told where it happened. */
class LinkGivenUp extends Error {}

/**
 * A reader of a Newswire: tells each item once, in order, for as long as you like. It reconnects by itself, goes on
 * where it was, notices losses, and says so when the server can no longer tell what was missed.
 *
 * ```ts
 * import { NewswireClient } from 'newswire/client';
 *
 * const client = new NewswireClient('https://news.example.org', { filter: { sections: ['World'] } });
 * client.on('item', ({ op, item }) => console.log(op, item.title));
 * client.on('reset', ({ items }) => replaceList(items));
 * ```
 *
 * It begins after the present turn of the event loop, so that listeners can be added first. Listeners may be
 * asynchronous: the next item waits for them, and the place moves on (and is stored) only afterwards. An item whose
 * listener fails is told again after a pause: with a `storage`, every item is handled at least once.
 */
export class NewswireClient {
  readonly #options: ClientOptions;
  readonly #addresses: Addresses;
  readonly #runtime: ClientRuntime;
  readonly #emitter = new Emitter();
  readonly #backoff: Backoff;
  #state: ClientState = 'connecting';
  #place: Place | null = null;
  #stored: string | null = null;
  #link: Link | null = null;
  #lastOverSocket = false;
  #silentSockets = 0;
  #leastWaitMs = 0;
  #endWait: () => void = () => {};

  /**
   * @param url of the site, or of its `/live`; http(s) or ws(s).
   * @throws TypeError when it is no URL.
   */
  constructor(url: string, options: ClientOptions = {}) {
    this.#options = options;
    this.#addresses = addressesOf(url, options.filter ?? {});
    this.#runtime = { ...hereRuntime(), ...options.runtime };
    this.#backoff = new Backoff(this.#runtime.random);
    queueMicrotask(() => void this.#run());
  }

  /** How the client stands; see `ClientState`. */
  get state(): ClientState {
    return this.#state;
  }

  /** The place that was reached: everything up to it has been handled. Null before the first answer. */
  get cursor(): string | null {
    return this.#place?.cursor ?? null;
  }

  /** Listens to `item`, `live`, `state`, `reset` or `error`. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): this {
    this.#emitter.add(name, listener);
    return this;
  }

  /** Listens no more. */
  off<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): this {
    this.#emitter.remove(name, listener);
    return this;
  }

  /** Ends the client for good. */
  close(): void {
    this.#link?.close();
    this.#endWait();
    void this.#enter('closed');
  }

  get #closed(): boolean {
    return this.#state === 'closed';
  }

  async #run(): Promise<void> {
    await this.#readStorage();
    while (!this.#closed) {
      await this.#enter('connecting');
      const end = await this.#connect();
      if (this.#closed) return;
      if (end?.fatal) await this.#fail({ code: end.reason, message: `refused: ${end.reason}`, fatal: true });
      else await this.#pause();
    }
  }

  /** Serves one connection to its end; null: it could not even be begun. */
  async #connect(): Promise<LinkEnd | null> {
    const overSocket = this.#overSocket();
    this.#lastOverSocket = overSocket;
    this.#link = null;
    try {
      this.#link = this.#openLink(overSocket);
      await this.#serve(this.#link);
    } catch (cause) {
      if (!(cause instanceof LinkGivenUp)) {
        await this.#report({ code: 'connection_failed', message: 'no connection could be made', fatal: false, cause });
      }
    }
    const { end } = this.#link ?? { end: null };
    this.#link?.close();
    if (overSocket) this.#silentSockets = end?.spoke ? 0 : this.#silentSockets + 1;
    return end;
  }

  #openLink(overSocket: boolean): Link {
    if (!overSocket) return new StreamLink(this.#addresses, this.#runtime);
    return new WebSocketLink(this.#addresses.live, this.#options.filter ?? {}, this.#runtime);
  }

  async #serve(link: Link): Promise<void> {
    link.subscribe(this.#place?.cursor ?? this.#options.after ?? 'head');
    for (let message = await link.next(); message !== null; message = await link.next()) {
      await this.#handle(message, link);
    }
  }

  /** A WebSocket; once that seems blocked, a stream and a WebSocket by turns, since networks change. */
  #overSocket(): boolean {
    if (this.#runtime.openSocket === null) return false;
    return this.#silentSockets < blockedAfter || !this.#lastOverSocket;
  }

  async #handle(message: LinkMessage, link: Link): Promise<void> {
    switch (message.type) {
      case 'subscribed':
        return this.#begin(message.after);
      case 'place':
        return this.#place === null ? this.#begin(message.cursor) : this.#reach(seqOf(message.cursor));
      case 'item':
        return this.#receive([message], link);
      case 'items':
        return this.#receive(message.list, link);
      case 'live':
      case 'pos':
        return this.#moveOn(message, link);
      case 'reset':
        return this.#reset(message, link);
      case 'error':
        return this.#refused(message);
      case 'bye':
        this.#leastWaitMs = message.retryAfterMs;
        return;
      case 'ping':
        return this.#backoff.progressed();
      default:
        // A message of a later version: of no concern to us.
        return;
    }
  }

  async #begin(after: string): Promise<void> {
    this.#place = Place.fromCursor(after);
    await this.#enter('catching-up');
    await this.#store();
  }

  /** The rule of the protocol: what leaves a gap is asked for again, what was here already is dropped. */
  async #receive(events: readonly WireEvent[], link: Link): Promise<void> {
    const place = this.#place;
    if (place === null) return;
    for (const event of events) {
      const verdict = place.judgeItem(event);
      if (verdict === 'gap') return link.subscribe(place.cursor);
      if (verdict === 'drop') continue;
      await this.#tell('item', changeOf(event));
      if (place.reach(event.seq)) this.#backoff.progressed();
    }
    await this.#store();
  }

  async #moveOn(message: Extract<ServerMessage, { type: 'live' | 'pos' }>, link: Link): Promise<void> {
    const place = this.#place;
    if (place === null) return;
    if (place.judgePlace(message) === 'gap') return link.subscribe(place.cursor);
    await this.#reach(message.seq);
    if (message.type !== 'live') return;
    await this.#enter('live');
    await this.#tell('live', { cursor: place.cursor });
  }

  async #reach(seq: number): Promise<void> {
    if (!this.#place?.reach(seq)) return;
    this.#backoff.progressed();
    await this.#store();
  }

  async #reset(message: Extract<ServerMessage, { type: 'reset' }>, link: Link): Promise<void> {
    const { items, cursor } = await this.#readSnapshot(`${message.epoch}-${message.head}`);
    await this.#tell('reset', { reason: message.reason, items, cursor });
    this.#place = Place.fromCursor(cursor);
    await this.#store();
    link.subscribe(cursor);
  }

  /** The newest items and the place at which they were read: what comes after it follows them without a seam. */
  async #readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>> {
    const limit = this.#options.snapshotLimit ?? defaultSnapshotLimit;
    if (limit === 0) return { items: [], cursor: head };
    try {
      const { signal } = new AbortController();
      const response = await this.#runtime.fetch(this.#addresses.items(limit), { signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return (await response.json()) as ItemsPage;
    } catch (cause) {
      await this.#report({
        code: 'snapshot_failed',
        message: 'the newest items could not be read',
        fatal: false,
        cause,
      });
      throw new LinkGivenUp();
    }
  }

  async #refused({ id, code, message }: Extract<ServerMessage, { type: 'error' }>): Promise<void> {
    const problem = { code, message };
    if (id === undefined) await this.#report({ ...problem, fatal: false });
    else await this.#fail({ ...problem, fatal: true });
  }

  async #fail(problem: ClientProblem): Promise<void> {
    await this.#report(problem);
    this.close();
  }

  /** Tells listeners; what one throws ends the link, so that the event is told again after a pause. */
  async #tell<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#emitter.emit(name, event);
    } catch (cause) {
      await this.#report({ code: 'handler_failed', message: `a listener of '${name}' failed`, fatal: false, cause });
      throw new LinkGivenUp();
    }
  }

  async #report(problem: ClientProblem): Promise<void> {
    try {
      await this.#emitter.emit('error', problem);
    } catch (error) {
      // A listener of errors that fails has nobody to be told to but the surroundings.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  async #enter(state: ClientState): Promise<void> {
    if (this.#closed || this.#state === state) return;
    this.#state = state;
    try {
      await this.#emitter.emit('state', state);
    } catch (cause) {
      await this.#report({ code: 'handler_failed', message: `a listener of 'state' failed`, fatal: false, cause });
    }
  }

  async #pause(): Promise<void> {
    const waitMs = this.#backoff.nextMs(this.#leastWaitMs);
    this.#leastWaitMs = 0;
    await this.#enter('waiting');
    await new Promise<void>((resolve) => {
      const cancel = this.#runtime.after(waitMs, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  async #readStorage(): Promise<void> {
    try {
      const cursor = (await this.#options.storage?.read()) ?? null;
      if (cursor !== null && isCursor(cursor)) this.#place = Place.fromCursor(cursor);
    } catch (cause) {
      await this.#report({ code: 'storage_failed', message: 'the place could not be read', fatal: false, cause });
    }
  }

  async #store(): Promise<void> {
    const { storage } = this.#options;
    const cursor = this.cursor;
    if (storage === undefined || cursor === null || cursor === this.#stored) return;
    try {
      await storage.write(cursor);
      this.#stored = cursor;
    } catch (cause) {
      await this.#report({ code: 'storage_failed', message: 'the place could not be stored', fatal: false, cause });
    }
  }
}

function changeOf(event: WireEvent): ItemChange {
  const { seq } = event;
  if (event.op === 'update') return { op: 'update', seq, item: event.item, changed: event.changed };
  return event.op === 'add' ? { op: 'add', seq, item: event.item } : { op: 'remove', seq, item: event.item };
}

function seqOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf('-') + 1));
}
