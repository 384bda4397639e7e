/**
 * The same bytes in memory of their own, for buffers that are cached. Node allocates small buffers out of pools of
 * 64 KB: a cached buffer of 1 KB would keep its whole pool in memory, 64 times of what a cache has counted.
 */
export function unpooled(bytes: Buffer): Buffer<ArrayBuffer> {
  if (bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.length)
    return bytes as Buffer<ArrayBuffer>;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
