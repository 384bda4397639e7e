import type { ItemCounts } from '../../../domain/items/item-counts.ts';
import { framePong, frameText, pingMessage } from './ws-frame.ts';

/** The connection that replies are written to. */
export interface ReplyWriter {
  /** False above the high-water mark. `flush` is called when the connection has drained. */
  writable(): boolean;
  write(frame: Buffer): void;
}

/**
 * The replies to one client. While its connection is above the high-water mark they are coalesced to the latest counts of
 * each watched item, one pong and one reply to `ping` messages, so that a client that does not read cannot use more memory.
 */
export class PendingReplies {
  readonly #writer: ReplyWriter;
  readonly #counts = new Map<number, ItemCounts>();
  #pong: Buffer | null = null;
  #ping = false;

  constructor(writer: ReplyWriter) {
    this.#writer = writer;
  }

  /** Sends changed counts, now or when the connection has drained. */
  counts(changed: readonly ItemCounts[]): void {
    for (const counts of changed) this.#counts.set(counts.id, counts);
    this.flush();
  }

  /** Drops unsent counts: their items are no longer watched. */
  dropCounts(): void {
    this.#counts.clear();
  }

  /** Answers a ping frame. Of several unanswered ones only the latest is answered (RFC 6455 §5.5.3). */
  pong(payload: Buffer): void {
    this.#pong = framePong(payload);
    this.flush();
  }

  /** Answers a message of type `ping`. Several unanswered ones get one reply. */
  ping(): void {
    this.#ping = true;
    this.flush();
  }

  /** Writes the replies, until the connection is above the high-water mark. */
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
