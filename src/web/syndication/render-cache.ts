import { createHash } from 'node:crypto';
import { Packed } from '../http/packed.ts';

/**
 * Keeps what was rendered, by the content it was rendered from: an entry can grow old, but never wrong. Bounded by
 * bytes; the one that was not asked for longest goes first.
 */
export class RenderCache {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Packed>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The body for this content: kept, or rendered now. */
  body(form: string, content: object, render: () => string): Packed {
    const key = createHash('sha256').update(form).update('\0').update(JSON.stringify(content)).digest('base64');
    const found = this.#kept.get(key);
    const body = found ?? new Packed(render());
    this.#kept.delete(key);
    this.#kept.set(key, body);
    if (found === undefined) this.#grow(body.bytes.length);
    return body;
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    for (const [key, body] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#kept.delete(key);
      this.#bytes -= body.bytes.length;
    }
  }
}
