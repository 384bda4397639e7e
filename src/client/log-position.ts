/** How a message stands to what was received before it. */
export type MessageDisposition = 'apply' | 'drop' | 'gap';

const cursorForm = /^[a-z0-9]{1,32}-(?:0|[1-9]\d{0,15})$/;

/** Whether a text can be a cursor at all. */
export function isCursor(text: string): boolean {
  return cursorForm.test(text);
}

/**
 * A reader's place in the log and the one rule by which it moves. Each message names the event that should have come
 * before it, so a loss shows at once, and a repeat is known by its number.
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

  /** Judges an item: `gap` when one before it is missing, `drop` when it was here already. */
  classifyItem(message: { readonly seq: number; readonly prev: number }): MessageDisposition {
    if (message.prev > this.#last) return 'gap';
    return message.seq <= this.#last ? 'drop' : 'apply';
  }

  /** Judges a message that only tells a place: `live` or `pos`. */
  classifyPosition(message: { readonly prev: number }): MessageDisposition {
    return message.prev > this.#last ? 'gap' : 'apply';
  }

  /** Moves on after what came has been handled. True: the place is a new one. */
  advanceTo(seq: number): boolean {
    if (seq <= this.#last) return false;
    this.#last = seq;
    return true;
  }
}
