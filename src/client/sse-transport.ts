import type { ServerMessage } from '../domain/events/wire.ts';
import type { BodyReader, ClientRuntime } from './client-types.ts';
import type { ServerUrls } from './server-urls.ts';
import { MessageQueue, type Transport, type TransportEnd, type TransportMessage, Watchdog } from './transport.ts';

const openTimeoutMs = 15_000;
const heartbeatMs = 25_000;

/** Transport over server-sent events, for networks that block WebSocket. */
export class SseTransport implements Transport {
  readonly #addresses: ServerUrls;
  readonly #runtime: ClientRuntime;
  readonly #inbox = new MessageQueue();
  #end: TransportEnd = { established: false, code: null, reason: 'no connection', fatal: false };
  #stream: AbortController | null = null;
  #finished = false;

  constructor(addresses: ServerUrls, runtime: ClientRuntime) {
    this.#addresses = addresses;
    this.#runtime = runtime;
  }

  get end(): TransportEnd {
    return this.#end;
  }

  subscribe(after: string): void {
    if (this.#finished) return;
    this.#stream?.abort();
    this.#inbox.clear();
    this.#stream = new AbortController();
    void this.#read(after, this.#stream);
  }

  watch(_items: readonly number[]): void {
    // A stream carries no counts.
  }

  next(): Promise<TransportMessage | null> {
    return this.#inbox.next();
  }

  close(): void {
    this.#inbox.clear();
    this.#finish();
  }

  /** Messages received before the end are still delivered. */
  #finish(): void {
    this.#finished = true;
    this.#stream?.abort();
    this.#stream = null;
    this.#inbox.close();
  }

  async #read(after: string, stream: AbortController): Promise<void> {
    const watchdog = new Watchdog(this.#runtime.setTimer, openTimeoutMs, () => stream.abort());
    try {
      const headers = { Accept: 'text/event-stream' };
      const response = await this.#runtime.fetch(this.#addresses.events(after), { signal: stream.signal, headers });
      if (response.ok && response.body !== null) {
        watchdog.expectEvery(heartbeatMs);
        await this.#readBlocks(response.body.getReader(), stream, watchdog);
      } else if (this.#stream === stream) {
        this.#end = { ...this.#end, reason: `HTTP ${response.status}`, fatal: response.status === 400 };
      }
    } catch (error) {
      if (this.#stream === stream) this.#end = { ...this.#end, reason: String(error) };
    } finally {
      watchdog.stop();
      if (this.#stream === stream) this.#finish();
    }
  }

  async #readBlocks(reader: BodyReader, stream: AbortController, watchdog: Watchdog): Promise<void> {
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      // `subscribe` may have been called during the read; then this data belongs to the old subscription.
      if (done || this.#stream !== stream) return;
      watchdog.touch();
      if (!this.#end.established) this.#end = { ...this.#end, established: true };
      for (const block of parser.push(decoder.decode(value, { stream: true }))) this.#receive(block);
    }
  }

  #receive({ id, data }: SseEvent): void {
    if (data === '') {
      this.#inbox.push(id === null ? { type: 'ping' } : { type: 'cursor', cursor: id });
      return;
    }
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === 'bye') {
      const { code, reason } = message;
      this.#end = { established: true, code, reason, fatal: code >= 4500 };
    }
    this.#inbox.push(message);
  }
}

/** One event of a stream. */
export interface SseEvent {
  /** Null: not given. */
  readonly id: string | null;
  readonly event: string;
  /** Empty for an id without data, and for a comment (heartbeat). */
  readonly data: string;
}

/** Incremental parser of an event stream (HTML standard, section 9.2.6). */
export class SseParser {
  #rest = '';
  #id: string | null = null;
  #event = '';
  #data: string[] = [];

  /** @returns the events completed by this chunk. Each comment is an event without id and data. */
  push(chunk: string): SseEvent[] {
    const text = this.#rest + chunk;
    // A carriage return at the end may be the first half of CRLF.
    const usable = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = usable.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(usable.length);
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): SseEvent[] {
    if (line === '') return this.#block();
    const colon = line.indexOf(':');
    if (colon === 0) return [{ id: null, event: '', data: '' }];
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') this.#id = value;
    else if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    return [];
  }

  #block(): SseEvent[] {
    const block = { id: this.#id, event: this.#event, data: this.#data.join('\n') };
    this.#id = null;
    this.#event = '';
    this.#data = [];
    return block.id === null && block.data === '' ? [] : [block];
  }
}
