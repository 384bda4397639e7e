import type { Context } from 'hono';

/** A body, or why it was not read. */
export type BodyReadResult =
  | { readonly kind: 'read'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  /** Too many bytes of other requests are being received. */
  | { readonly kind: 'busy' };

/** Bounds the bytes of request bodies that are in memory at one time, over all requests. */
export class BodyBudget {
  readonly #maxBytes: number;
  #reserved = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Reserves bytes. @returns false: the budget does not allow it. */
  reserve(bytes: number): boolean {
    if (this.#reserved + bytes > this.#maxBytes) return false;
    this.#reserved += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#reserved -= bytes;
  }
}

/** The body of one request, read on demand: a request that is refused before costs no memory. */
export class RequestBody {
  readonly #c: Context;
  readonly #maxBytes: number;
  readonly #budget: BodyBudget;
  #reserved = 0;

  constructor(c: Context, maxBytes: number, budget: BodyBudget) {
    this.#c = c;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** The raw bytes, before any decoding. Stops reading as soon as the body is refused. */
  async read(): Promise<BodyReadResult> {
    if (Number(this.#c.req.header('content-length') ?? 0) > this.#maxBytes) return { kind: 'too-large' };
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#c.req.raw.body ?? []) {
      if (this.#reserved + chunk.length > this.#maxBytes) return { kind: 'too-large' };
      if (!this.#budget.reserve(chunk.length)) return { kind: 'busy' };
      this.#reserved += chunk.length;
      chunks.push(chunk);
    }
    return { kind: 'read', body: Buffer.concat(chunks) };
  }

  /** Must be called once the bytes are no longer needed. */
  release(): void {
    this.#budget.release(this.#reserved);
    this.#reserved = 0;
  }
}
