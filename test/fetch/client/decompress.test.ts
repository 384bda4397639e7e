import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DecodeOptions, decodeBody } from '../../../src/fetch/client/decompress.ts';
import { FetchError } from '../../../src/fetch/client/fetch-error.ts';
import { defaultFetchLimits } from '../../../src/fetch/client/fetch-limits.ts';
import { notesOf } from '../../support/notes.ts';
import { text } from '../fetch-fixtures.ts';

const feed = '<rss version="2.0"><channel><title>Example</title></channel></rss>';
const options: DecodeOptions = { limits: defaultFetchLimits, reserveMemory: async () => {} };
const megabyte = 1024 * 1024;

async function decoded(body: string | Uint8Array, headers: string[], own: Partial<DecodeOptions> = {}) {
  return await decodeBody(Buffer.from(body), headers, { ...options, ...own });
}

/** The failure code, or `decoded`. */
async function failureOf(body: string | Uint8Array, headers: string[], own: Partial<DecodeOptions> = {}) {
  try {
    await decoded(body, headers, own);
    return 'decoded';
  } catch (error) {
    if (error instanceof FetchError) return error.failure;
    throw error;
  }
}

describe('decodeBody', () => {
  it.each([
    ['gzip', gzipSync(feed)],
    ['x-gzip', gzipSync(feed)],
    ['GZIP', gzipSync(feed)],
    ['br', brotliCompressSync(feed)],
    ['deflate', deflateSync(feed)],
    ['deflate', deflateRawSync(feed)],
    ['identity', Buffer.from(feed)],
    ['identity, gzip', gzipSync(feed)],
    ['', Buffer.from(feed)],
  ])('decodes "%s"', async (label, body) => {
    const { body: whole, notes } = await decoded(body, [label]);
    expect(text(whole)).toBe(feed);
    expect(notes).toEqual([]);
  });

  it('decodes two codings in reverse order', async () => {
    expect(text((await decoded(brotliCompressSync(gzipSync(feed)), ['gzip, br'])).body)).toBe(feed);
    expect(text((await decoded(brotliCompressSync(gzipSync(feed)), ['gzip', 'br'])).body)).toBe(feed);
  });

  it('H12: rejects a longer chain without decoding', async () => {
    expect(await failureOf(gzipSync(gzipSync(gzipSync(feed))), ['gzip, gzip, gzip'])).toBe('decode_error');
    expect(await failureOf(gzipSync(feed), [Array(1_600).fill('gzip').join(', ')])).toBe('decode_error');
  });

  const compressed = zstdCompressSync(feed.repeat(20));

  it.each([
    'zstd',
    'foo',
    'constructor',
    'gzip, foo',
  ])('H13: rejects "%s" instead of using the raw bytes', async (label) => {
    expect(await failureOf(compressed, [label])).toBe('decode_error');
  });
});

describe('decodeBody with a wrong Content-Encoding', () => {
  it.each([
    'gzip',
    'br',
    'deflate',
    'gzip, gzip',
  ])('H14: returns a plain body labelled "%s" unchanged', async (label) => {
    for (const plain of [feed, `\ufeff${feed}`, `\r\n ${feed}`, '{"version":"https://jsonfeed.org/version/1.1"}']) {
      const { body, notes } = await decoded(plain, [label]);
      expect(text(body)).toBe(plain);
      expect(notes).toEqual(notesOf('wrong_encoding_label'));
    }
  });

  it.each([
    ...['UTF-8', 'none', 'binary', 'aws-chunked', '8bit', 'utf-8, aws-chunked', 'gzip, none', 'constructor'],
    Array(1_600).fill('none').join(', '),
  ])('returns a plain body labelled with the unknown coding "%.40s" unchanged', async (label) => {
    for (const plain of [feed, `\ufeff${feed}`, `Warning: date() in x.php\n${feed}`]) {
      if (label.startsWith('gzip') && plain.startsWith('W')) continue;
      const { body, notes } = await decoded(plain, [label]);
      expect(text(body)).toBe(plain);
      expect(notes).toEqual(notesOf('wrong_encoding_label'));
    }
  });

  it.each([
    'aws-chunked, gzip',
    'gzip, aws-chunked',
    'binary',
  ])('decodes the gzip of a body labelled "%s"', async (label) => {
    const { body, notes } = await decoded(gzipSync(feed), [label]);
    expect(text(body)).toBe(feed);
    expect(notes).toEqual(notesOf('wrong_encoding_label'));
  });

  it('decodes gzip without a header', async () => {
    const { body, notes } = await decoded(gzipSync(feed), []);
    expect(text(body)).toBe(feed);
    expect(notes).toEqual(notesOf('wrong_encoding_label'));
  });

  it('decodes only one layer of gzip without a header', async () => {
    const { body } = await decoded(gzipSync(gzipSync(feed)), []);
    expect(body).toEqual(new Uint8Array(gzipSync(feed)));
  });

  it('rejects a body that is neither encoded nor text', async () => {
    expect(await failureOf(Buffer.from([1, 2, 3, 4, 5]), ['gzip'])).toBe('decode_error');
    expect(await failureOf(Buffer.from([0xff, 0, 0xff, 0]), ['br'])).toBe('decode_error');
  });
});

describe('decodeBody with damaged bodies', () => {
  const cut = (body: Buffer, bytes: number) => body.subarray(0, body.length - bytes);
  const flip = (body: Buffer, at: number) => {
    const damaged = Buffer.from(body);
    damaged.writeUInt8((damaged.at(at) ?? 0) ^ 0xff, at < 0 ? damaged.length + at : at);
    return damaged;
  };

  it.each([
    ['gzip cut in its data', 'gzip', cut(gzipSync(feed), 20)],
    ['gzip cut in its checksum', 'gzip', cut(gzipSync(feed), 1)],
    ['gzip with a wrong checksum', 'gzip', flip(gzipSync(feed), -8)],
    ['gzip with a wrong length', 'gzip', flip(gzipSync(feed), -1)],
    ['gzip with damaged data', 'gzip', flip(gzipSync(feed), 14)],
    ['zlib with a wrong checksum', 'deflate', flip(deflateSync(feed), -1)],
    ['brotli cut short', 'br', cut(brotliCompressSync(feed), 8)],
    ['a second coding cut short', 'gzip, br', cut(brotliCompressSync(gzipSync(feed)), 8)],
  ])('H15: returns nothing of %s', async (_what, label, body) => {
    expect(await failureOf(body, [label])).toBe('decode_error');
  });
});

describe('decodeBody with decompression bombs', () => {
  const zeros = Buffer.alloc(50 * megabyte);

  it.each([
    ['gzip', gzipSync(zeros)],
    ['br', brotliCompressSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['gzip, gzip', gzipSync(gzipSync(zeros))],
    ['', gzipSync(zeros)],
  ])('H10, H11: rejects 50 MB of zeros in "%s"', async (label, body) => {
    expect(body.length).toBeLessThan(100_000);
    expect(await failureOf(body, [label])).toBe('decompress_ratio');
  });

  it('rejects a body over the decoded limit within the ratio', async () => {
    const body = gzipSync(Buffer.alloc(300_000).map((_, at) => (at * 7_919) % 251));
    const limits = { ...defaultFetchLimits, maxBodyBytes: 200_000, maxRatio: 1e9 };
    expect(await failureOf(body, ['gzip'], { limits })).toBe('body_too_large');
    expect(await failureOf(body, ['gzip'], { limits: { ...limits, maxBodyBytes: 300_000 } })).toBe('decoded');
  });

  it('accepts a high ratio below 1 MB', async () => {
    expect(await failureOf(gzipSync(Buffer.alloc(megabyte, ' ')), ['gzip'])).toBe('decoded');
    expect(await failureOf(gzipSync(Buffer.alloc(megabyte + 1, ' ')), ['gzip'])).toBe('decompress_ratio');
  });

  it('reserves memory before it buffers a large body', async () => {
    let asked = 0;
    const claim = async () => {
      asked += 1;
    };
    const limits = { ...defaultFetchLimits, unreservedBytes: 100_000 };
    await decoded(gzipSync(Buffer.alloc(50_000, ' ')), ['gzip'], { limits, reserveMemory: claim });
    expect(asked).toBe(0);
    await decoded(gzipSync(Buffer.alloc(500_000, ' ')), ['gzip'], { limits, reserveMemory: claim });
    expect(asked).toBeGreaterThan(0);
  });

  it('returns a transferable ArrayBuffer', async () => {
    const { body } = await decoded(gzipSync(feed), ['gzip']);
    expect(body.byteLength).toBe(body.buffer.byteLength);
  });
});
