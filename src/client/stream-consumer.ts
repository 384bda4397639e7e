import type { ItemsPage, ServerMessage, WireEvent } from '../domain/events/wire.ts';
import type { CursorStorage, ItemEvent } from './client-types.ts';
import { ConnectionAborted, type EventEmitter } from './event-emitter.ts';
import { isCursor, LogPosition } from './log-position.ts';
import type { Transport, TransportMessage } from './transport.ts';

type MessageOf<Type> = Extract<ServerMessage, { type: Type }>;

/** What a reception works with. */
export interface StreamConsumerOptions {
  readonly emitter: EventEmitter;
  readonly storage: CursorStorage | undefined;
  /** Reads what stands in for what cannot be replayed: the newest items, and the place at which they were read. */
  readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>>;
  /** The connection has proved its worth. */
  onProgress(): void;
}

/** Takes in what links bring: keeps the place, tells the listeners, and stores the place only after they are done. */
export class StreamConsumer {
  readonly #parts: StreamConsumerOptions;
  #place: LogPosition | null = null;
  #stored: string | null = null;

  constructor(parts: StreamConsumerOptions) {
    this.#parts = parts;
  }

  get cursor(): string | null {
    return this.#place?.cursor ?? null;
  }

  /** Takes the place up where an earlier run left it. */
  async restore(): Promise<void> {
    try {
      const cursor = (await this.#parts.storage?.read()) ?? null;
      if (cursor !== null && isCursor(cursor)) this.#place = LogPosition.fromCursor(cursor);
    } catch (cause) {
      await this.#storageFailed('the place could not be read', cause);
    }
  }

  /** @throws LinkGivenUp when a message could not be dealt with, and must come again. */
  async apply(message: TransportMessage, link: Transport): Promise<void> {
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
      case 'ping':
        return this.#parts.onProgress();
      default:
        // Of no concern here, or a message of a later version.
        return;
    }
  }

  async #begin(after: string): Promise<void> {
    this.#place = LogPosition.fromCursor(after);
    await this.#parts.emitter.setState('catching-up');
    await this.#store();
  }

  /** The rule of the protocol: what leaves a gap is asked for again, what was here already is dropped. */
  async #receive(events: readonly WireEvent[], link: Transport): Promise<void> {
    const place = this.#place;
    if (place === null) return;
    for (const event of events) {
      // What a listener of the item before has closed has no further items.
      if (this.#parts.emitter.closed) break;
      const verdict = place.classifyItem(event);
      if (verdict === 'gap') return link.subscribe(place.cursor);
      if (verdict === 'drop') continue;
      await this.#parts.emitter.emit('item', changeOf(event));
      if (place.advanceTo(event.seq)) this.#parts.onProgress();
    }
    await this.#store();
  }

  async #moveOn(message: MessageOf<'live' | 'pos'>, link: Transport): Promise<void> {
    const place = this.#place;
    if (place === null) return;
    if (place.classifyPosition(message) === 'gap') return link.subscribe(place.cursor);
    await this.#reach(message.seq);
    if (message.type !== 'live') return;
    await this.#parts.emitter.setState('live');
    await this.#parts.emitter.emit('live', { cursor: place.cursor });
  }

  async #reach(seq: number): Promise<void> {
    if (!this.#place?.advanceTo(seq)) return;
    this.#parts.onProgress();
    await this.#store();
  }

  async #reset({ reason, epoch, head }: MessageOf<'reset'>, link: Transport): Promise<void> {
    const { emitter } = this.#parts;
    const { items, cursor } = await this.#readSnapshot(`${epoch}-${head}`);
    if (emitter.closed) return;
    await emitter.emit('reset', { reason, items, cursor });
    this.#place = LogPosition.fromCursor(cursor);
    await this.#store();
    link.subscribe(cursor);
  }

  async #readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>> {
    try {
      return await this.#parts.readSnapshot(head);
    } catch (cause) {
      const message = 'the newest items could not be read';
      await this.#parts.emitter.emitError({ code: 'snapshot_failed', message, fatal: false, cause });
      throw new ConnectionAborted();
    }
  }

  async #store(): Promise<void> {
    const { storage } = this.#parts;
    const { cursor } = this;
    if (storage === undefined || cursor === null || cursor === this.#stored) return;
    try {
      await storage.write(cursor);
      this.#stored = cursor;
    } catch (cause) {
      await this.#storageFailed('the place could not be stored', cause);
    }
  }

  /** No reason to stop: the news is still there, only a restart would tell some of it again. */
  #storageFailed(message: string, cause: unknown): Promise<void> {
    return this.#parts.emitter.emitError({ code: 'storage_failed', message, fatal: false, cause });
  }
}

function changeOf(event: WireEvent): ItemEvent {
  const { seq } = event;
  if (event.op === 'update') return { op: 'update', seq, item: event.item, changed: event.changed };
  return event.op === 'add' ? { op: 'add', seq, item: event.item } : { op: 'remove', seq, item: event.item };
}

function seqOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf('-') + 1));
}
