/** What the receive rule of the protocol says about a message. */
export type MessageDisposition = 'apply' | 'drop' | 'gap';

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
