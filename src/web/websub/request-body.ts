import type { Context } from 'hono';

/** A body that was read, or why it was not. */
export type BodyReadResult =
  | { readonly kind: 'read'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  /** Too many bytes of other requests are under way. */
  | { readonly kind: 'busy' };

/** Bounds the bytes of request bodies that are held at one time, by all requests together. */
export class BodyBudget {
  readonly #maxBytes: number;
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Holds so many more bytes, unless that is too much. */
  reserve(bytes: number): boolean {
    if (this.#held + bytes > this.#maxBytes) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}

/** The body of one request, read when it is wanted: a request that is refused first costs nothing. */
export class RequestBody {
  readonly #c: Context;
  readonly #maxBytes: number;
  readonly #budget: BodyBudget;
  #held = 0;

  constructor(c: Context, maxBytes: number, budget: BodyBudget) {
    this.#c = c;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** The raw bytes, before any decoding. Of a body that is refused the rest is not read. */
  async read(): Promise<BodyReadResult> {
    if (Number(this.#c.req.header('content-length') ?? 0) > this.#maxBytes) return { kind: 'too-large' };
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#c.req.raw.body ?? []) {
      if (this.#held + chunk.length > this.#maxBytes) return { kind: 'too-large' };
      if (!this.#budget.reserve(chunk.length)) return { kind: 'busy' };
      this.#held += chunk.length;
      chunks.push(chunk);
    }
    return { kind: 'read', body: Buffer.concat(chunks) };
  }

  /** Must be called once nobody needs the bytes any more. */
  release(): void {
    this.#budget.release(this.#held);
    this.#held = 0;
  }
}
