import { createHash } from 'node:crypto';
import { LruCache } from '../../runtime/lru-cache.ts';
import { CompressibleBody } from '../http/response/compressible-body.ts';

/**
 * Keeps what was rendered, by the content it was rendered from: an entry can grow old, but never wrong. Bounded by
 * bytes, those of compressed forms included; the one that was not asked for longest goes first.
 */
export class RenderCache {
  readonly #kept: LruCache<CompressibleBody>;

  constructor(maxBytes: number) {
    this.#kept = new LruCache({ maxBytes });
  }

  /** The body for this content: kept, or rendered now. */
  body(form: string, content: object, render: () => string): CompressibleBody {
    const key = createHash('sha256').update(form).update('\0').update(JSON.stringify(content)).digest('base64');
    const body = this.#kept.get(key) ?? new CompressibleBody(render());
    // Weighed again each time: it may have been compressed since.
    this.#kept.set(key, body, body.heldBytes);
    return body;
  }
}
