import type { Context } from 'hono';

/**
 * The raw bytes of a request's body, before any decoding.
 *
 * @returns null when there are more than `maxBytes`: the rest is not read.
 */
export async function readBody(c: Context, maxBytes: number): Promise<Buffer | null> {
  if (Number(c.req.header('content-length') ?? 0) > maxBytes) return null;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
