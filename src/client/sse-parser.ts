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
