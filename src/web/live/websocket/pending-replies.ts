import type { ItemCounts } from '../../../domain/items/item-counts.ts';
import { framePong, frameText, pingMessage } from './ws-frame.ts';

/** The connection that replies are written to. */
export interface ReplyWriter {
  /** False while too much is unsent. `flush` is called once it has drained. */
  writable(): boolean;
  write(frame: Buffer): void;
}

/**
 * What is due to one client, coalesced while its connection is above the high-water mark: the latest counts of each
 * watched item, one pong and one answer to its messages of type `ping`. A client that does not read holds no more.
 */
export class PendingReplies {
  readonly #writer: ReplyWriter;
  readonly #counts = new Map<number, ItemCounts>();
  #pong: Buffer | null = null;
  #ping = false;

  constructor(writer: ReplyWriter) {
    this.#writer = writer;
  }

  /** Sends counts that have changed, now or when the connection has drained. */
  counts(changed: readonly ItemCounts[]): void {
    for (const counts of changed) this.#counts.set(counts.id, counts);
    this.flush();
  }

  /** Forgets counts that are not sent yet: their items are no longer watched. */
  dropCounts(): void {
    this.#counts.clear();
  }

  /** Answers a ping frame. Of several, the latest is answered (RFC 6455 section 5.5.3 allows it). */
  pong(payload: Buffer): void {
    this.#pong = framePong(payload);
    this.flush();
  }

  /** Answers a message of type `ping`; several that wait get one answer. */
  ping(): void {
    this.#ping = true;
    this.flush();
  }

  /** Writes what is due, as far as the connection takes it. */
  flush(): void {
    if (this.#pong !== null && this.#writer.writable()) {
      this.#writer.write(this.#pong);
      this.#pong = null;
    }
    if (this.#ping && this.#writer.writable()) {
      this.#writer.write(pingMessage);
      this.#ping = false;
    }
    if (this.#counts.size > 0 && this.#writer.writable()) {
      const items = [...this.#counts.values()];
      this.#counts.clear();
      this.#writer.write(frameText(JSON.stringify({ type: 'counts', items })));
    }
  }
}
