import { LruCache } from '../../../runtime/lru-cache.ts';

/** A form in which a body may be sent instead of its plain bytes. */
export type ContentCoding = 'br' | 'gzip';

/** By header: browsers send the same few with every request. */
const known = new LruCache<ContentCoding | null>({ maxBytes: 64 * 1024 });

/**
 * The coding that a client likes best of those that we have; null: the plain bytes (RFC 9110 §12.5.3). Of two that it
 * likes the same, Brotli is the smaller.
 */
export function negotiateCoding(acceptEncoding: string | undefined): ContentCoding | null {
  if (acceptEncoding === undefined || acceptEncoding === '') return null;
  const before = known.get(acceptEncoding);
  if (before !== undefined) return before;
  const best = readCoding(acceptEncoding);
  known.set(acceptEncoding, best);
  return best;
}

function readCoding(acceptEncoding: string): ContentCoding | null {
  const weights = weightsOf(acceptEncoding);
  const weightOf = (coding: string): number => weights.get(coding) ?? weights.get('*') ?? 0;
  const br = weightOf('br');
  const gzip = Math.max(weightOf('gzip'), weights.get('x-gzip') ?? 0);
  if (br === 0 && gzip === 0) return null;
  return br >= gzip ? 'br' : 'gzip';
}

function weightsOf(acceptEncoding: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(coding, Number.isNaN(weight) ? 0 : weight);
  }
  return weights;
}
