import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../src/demo/draw-picture.ts';

interface Chunk {
  readonly name: string;
  readonly data: Buffer;
}

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(named));
    chunks.push({ name: named.toString('latin1', 0, 4), data: named.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

describe('drawPicture', () => {
  it('draws a complete PNG file of 480 by 270 pixels', () => {
    const png = Buffer.from(drawPicture(1));
    expect(png.toString('latin1', 0, 8)).toBe('\x89PNG\r\n\x1a\n');
    const [header, data, end] = chunksOf(png);
    expect([header?.name, data?.name, end?.name]).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([header?.data.readUInt32BE(0), header?.data.readUInt32BE(4)]).toEqual([480, 270]);
    expect(inflateSync(data?.data ?? Buffer.alloc(0))).toHaveLength(270 * (480 * 3 + 1));
  });

  it('draws the same image for the same seed and another for another seed', () => {
    expect(Buffer.compare(drawPicture(5), drawPicture(5))).toBe(0);
    expect(Buffer.compare(drawPicture(5), drawPicture(6))).not.toBe(0);
  });

  it('draws files of less than 100 KB', () => {
    expect(drawPicture(9).length).toBeLessThan(20_000);
  });
});
