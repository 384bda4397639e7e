/** One block of an event stream. */
export interface SseEvent {
  /** Null: the block names none. */
  readonly id: string | null;
  readonly event: string;
  /** Empty for a block that only moves the place, and for a comment, which is a sign of life. */
  readonly data: string;
}

/** Reads an event stream as it arrives, in pieces cut anywhere (HTML standard, section 9.2.6). */
export class SseParser {
  #rest = '';
  #id: string | null = null;
  #event = '';
  #data: string[] = [];

  /** @returns the blocks that are complete with this piece. Each comment is an empty one. */
  push(piece: string): SseEvent[] {
    const text = this.#rest + piece;
    // A carriage return at the very end may be half of a line break.
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
