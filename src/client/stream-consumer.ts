import type { ItemsPage, ServerMessage, WireEvent } from '../domain/events/wire.ts';
import type { CursorStorage, ItemEvent } from './client-types.ts';
import { ConnectionAborted, type EventEmitter } from './event-emitter.ts';
import type { Transport, TransportMessage } from './transport.ts';

type MessageOf<Type> = Extract<ServerMessage, { type: Type }>;

export interface StreamConsumerOptions {
  readonly emitter: EventEmitter;
  readonly storage: CursorStorage | undefined;
  /** Reads the newest items and the cursor at which they were read, when events cannot be replayed. */
  readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>>;
  /** The connection has made progress. */
  onProgress(): void;
}

/** Applies messages: tracks the position, emits events, and stores the cursor only after their listeners have finished. */
export class StreamConsumer {
  readonly #options: StreamConsumerOptions;
  #position: LogPosition | null = null;
  #stored: string | null = null;

  constructor(options: StreamConsumerOptions) {
    this.#options = options;
  }

  get cursor(): string | null {
    return this.#position?.cursor ?? null;
  }

  /** Restores the cursor of an earlier run. */
  async restore(): Promise<void> {
    try {
      const cursor = (await this.#options.storage?.read()) ?? null;
      if (cursor !== null && isCursor(cursor)) this.#position = LogPosition.fromCursor(cursor);
    } catch (cause) {
      await this.#storageFailed('cannot read the stored cursor', cause);
    }
  }

  /** @throws ConnectionAborted when a message could not be handled and must be received again. */
  async apply(message: TransportMessage, transport: Transport): Promise<void> {
    switch (message.type) {
      case 'subscribed':
        return this.#start(message.after);
      case 'cursor':
        return this.#position === null ? this.#start(message.cursor) : this.#advanceTo(seqOf(message.cursor));
      case 'item':
        return this.#applyEvents([message], transport);
      case 'items':
        return this.#applyEvents(message.list, transport);
      case 'live':
      case 'pos':
        return this.#applyPosition(message, transport);
      case 'reset':
        return this.#reset(message, transport);
      case 'ping':
        return this.#options.onProgress();
      default:
        // Handled elsewhere, or a message of a later version.
        return;
    }
  }

  async #start(after: string): Promise<void> {
    this.#position = LogPosition.fromCursor(after);
    await this.#options.emitter.setState('catching-up');
    await this.#store();
  }

  /** Applies the receive rule: subscribe again after a gap, drop repeats. */
  async #applyEvents(events: readonly WireEvent[], transport: Transport): Promise<void> {
    const position = this.#position;
    if (position === null) return;
    for (const event of events) {
      // A listener of the previous item may have closed the client.
      if (this.#options.emitter.closed) break;
      const disposition = position.classifyItem(event);
      if (disposition === 'gap') return transport.subscribe(position.cursor);
      if (disposition === 'drop') continue;
      const item = toItemEvent(event);
      if (item !== null) await this.#options.emitter.emit('item', item);
      if (position.advanceTo(event.seq)) this.#options.onProgress();
    }
    await this.#store();
  }

  async #applyPosition(message: MessageOf<'live' | 'pos'>, transport: Transport): Promise<void> {
    const position = this.#position;
    if (position === null) return;
    if (position.classifyPosition(message) === 'gap') return transport.subscribe(position.cursor);
    await this.#advanceTo(message.seq);
    if (message.type !== 'live') return;
    await this.#options.emitter.setState('live');
    await this.#options.emitter.emit('live', { cursor: position.cursor });
  }

  async #advanceTo(seq: number): Promise<void> {
    if (!this.#position?.advanceTo(seq)) return;
    this.#options.onProgress();
    await this.#store();
  }

  async #reset({ reason, epoch, head }: MessageOf<'reset'>, transport: Transport): Promise<void> {
    const { emitter } = this.#options;
    const { items, cursor } = await this.#readSnapshot(`${epoch}-${head}`);
    if (emitter.closed) return;
    await emitter.emit('reset', { reason, items, cursor });
    this.#position = LogPosition.fromCursor(cursor);
    await this.#store();
    transport.subscribe(cursor);
  }

  async #readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>> {
    try {
      return await this.#options.readSnapshot(head);
    } catch (cause) {
      const message = 'cannot read the newest items';
      await this.#options.emitter.emitError({ code: 'snapshot_failed', message, fatal: false, cause });
      throw new ConnectionAborted();
    }
  }

  async #store(): Promise<void> {
    const { storage } = this.#options;
    const { cursor } = this;
    if (storage === undefined || cursor === null || cursor === this.#stored) return;
    try {
      await storage.write(cursor);
      this.#stored = cursor;
    } catch (cause) {
      await this.#storageFailed('cannot store the cursor', cause);
    }
  }

  /** Not fatal: events still arrive; only a restart would repeat some of them. */
  #storageFailed(message: string, cause: unknown): Promise<void> {
    return this.#options.emitter.emitError({ code: 'storage_failed', message, fatal: false, cause });
  }
}

/** Null: a kind of a later version of the protocol, which a client must ignore. */
function toItemEvent(event: WireEvent): ItemEvent | null {
  const { seq } = event;
  switch (event.op) {
    case 'add':
      return { op: 'add', seq, item: event.item };
    case 'update':
      return { op: 'update', seq, item: event.item, changed: event.changed };
    case 'remove':
      return { op: 'remove', seq, item: event.item };
    default:
      event satisfies never;
      return null;
  }
}

function seqOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf('-') + 1));
}

/** What the receive rule of the protocol says about a message. */
type MessageDisposition = 'apply' | 'drop' | 'gap';

const cursorForm = /^[a-z0-9]{1,32}-(?:0|[1-9]\d{0,15})$/;

/** Whether a text has the form of a cursor. */
export function isCursor(text: string): boolean {
  return cursorForm.test(text);
}

/**
 * A position in the log and the receive rule (docs/PROTOCOL.md, section 2). Each message names the previous matching event,
 * so that a missing event is detected at once; a repeated event is recognised by its seq.
 */
export class LogPosition {
  #epoch: string;
  #last: number;

  private constructor(epoch: string, last: number) {
    this.#epoch = epoch;
    this.#last = last;
  }

  /** @returns null when the text is not a cursor. */
  static fromCursor(cursor: string): LogPosition | null {
    if (!isCursor(cursor)) return null;
    const dash = cursor.lastIndexOf('-');
    return new LogPosition(cursor.slice(0, dash), Number(cursor.slice(dash + 1)));
  }

  get cursor(): string {
    return `${this.#epoch}-${this.#last}`;
  }

  /** Classifies an item: `gap` when an earlier one is missing, `drop` when it was already received. */
  classifyItem(message: { readonly seq: number; readonly prev: number }): MessageDisposition {
    if (message.prev > this.#last) return 'gap';
    return message.seq <= this.#last ? 'drop' : 'apply';
  }

  /** Classifies `live` or `pos`, which carry a position only. */
  classifyPosition(message: { readonly prev: number }): MessageDisposition {
    return message.prev > this.#last ? 'gap' : 'apply';
  }

  /** Advances after a message has been handled. Returns whether the position changed. */
  advanceTo(seq: number): boolean {
    if (seq <= this.#last) return false;
    this.#last = seq;
    return true;
  }
}
