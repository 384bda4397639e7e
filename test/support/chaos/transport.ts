import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { drippingReply, endlessReply, type Reply } from '../origin.ts';
import { afterGood, type ChaosCase, good, goodDocument, head, laterDocument } from './chaos-case.ts';

const megabyte = 1024 * 1024;

const zeros = (): Buffer => Buffer.alloc(50 * megabyte);
const lately = Buffer.from(laterDocument);

function coded(coding: string, body: Uint8Array | string): Reply {
  return { headers: { 'Content-Encoding': coding, ETag: '"coded"' }, body };
}

function damagedTail(): Uint8Array {
  const body = gzipSync(lately);
  // The last eight bytes are the checksum and the length.
  body.writeUInt32LE(0xdeadbeef, body.length - 8);
  return body;
}

const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled';

function longHeader(bytes: number): Reply {
  const rest = `Content-Type: application/rss+xml\r\nContent-Length: ${lately.length}`;
  return { raw: `${head(`X-Long: ${'a'.repeat(bytes)}\r\n${rest}`)}${laterDocument}` };
}

/** Responses that violate HTTP, never end or are far too large. */
export const transportCases: Readonly<Record<string, ChaosCase>> = {
  H01: {
    what: 'accepts TCP, never responds',
    limits: { headersMs: 1_000 },
    variants: { silent: afterGood({ raw: '', after: 'hang' }) },
  },
  H03: {
    what: 'headers one byte at a time',
    limits: { headersMs: 1_000 },
    variants: { drip: afterGood(drippingReply('HTTP/1.1 200 OK\r\nX-Slow: ', 'a', { everyMs: 20 })) },
  },
  H04: {
    what: 'body one byte at a time, forever',
    limits: { slowWindowMs: 1_000 },
    variants: { drip: afterGood(drippingReply(head('Content-Length: 100000\r\nETag: "slow"'), 'x', { everyMs: 20 })) },
  },
  H05: {
    what: 'a valid feed, then an open connection',
    limits: { slowWindowMs: 1_000 },
    variants: { open: afterGood({ raw: `${head('ETag: "open"')}${laterDocument}`, after: 'hang' }) },
  },
  H06: { what: 'a chunked body without an end', variants: { endless: afterGood(endlessReply({ ETag: '"endless"' })) } },
  H07: {
    what: 'Content-Length of 10 GB',
    variants: { declared: afterGood({ raw: head('Content-Length: 10000000000'), after: 'hang' }) },
  },
  H08: {
    what: 'Content-Length 100, sends 40, closes',
    variants: { short: afterGood({ raw: `${head('Content-Length: 100\r\nETag: "short"')}${'x'.repeat(40)}` }) },
  },
  H09: {
    what: 'Content-Length shorter than the body, followed by a response',
    variants: {
      smuggling: () => [
        { raw: `${head(`Content-Length: ${goodDocument.length}`)}${goodDocument}${smuggled}`, after: 'hang' },
        { body: laterDocument },
      ],
    },
  },
  H10: {
    what: 'a gzip bomb, 1000:1',
    variants: { bomb: () => [good, coded('gzip', gzipSync(zeros()))] },
  },
  H11: {
    what: 'a brotli bomb',
    variants: {
      bomb: () => [good, coded('br', brotliCompressSync(zeros(), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }))],
    },
  },
  H12: {
    what: 'thousands of nested codings',
    variants: {
      '2,000': afterGood(coded(Array(2_000).fill('gzip').join(','), gzipSync(lately))),
      three: afterGood(coded('gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(lately))))),
      // In this case the header alone exceeds its limit.
      '5,000': afterGood(coded(Array(5_000).fill('gzip').join(','), gzipSync(lately))),
    },
  },
  H13: {
    what: 'an unsupported coding',
    variants: {
      zstd: afterGood(coded('zstd', zstdCompressSync(lately))),
      foo: afterGood(coded('foo', brotliCompressSync(lately))),
    },
  },
  H14: {
    what: 'a Content-Encoding header on a plain body',
    variants: {
      plain: afterGood(coded('gzip', laterDocument)),
      charset: afterGood(coded('UTF-8', laterDocument)),
      transfer: afterGood(coded('aws-chunked', laterDocument)),
    },
  },
  H15: { what: 'gzip with a wrong checksum', variants: { tail: () => [good, coded('gzip', damagedTail())] } },
  H24: {
    what: 'long headers',
    variants: {
      '15 KB': afterGood(longHeader(15_000)),
      '17 KB': afterGood(longHeader(17_000)),
      '1 MB': afterGood(longHeader(megabyte)),
    },
  },
  H25: {
    what: 'ten thousand header lines',
    variants: { lines: afterGood({ raw: head('X: y\r\n'.repeat(10_000).trim()) }) },
  },
  H26: {
    what: 'ten thousand Early Hints',
    variants: { storm: afterGood({ raw: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000), after: 'hang' }) },
  },
  H27: {
    what: 'violations of HTTP/1.1',
    variants: {
      'status line': afterGood({ raw: 'HTTP/1.1 abc OK\r\n\r\n' }),
      'HTTP/0.9': afterGood({ raw: laterDocument }),
      'bare line feeds': afterGood({ raw: `HTTP/1.1 200 OK\nContent-Length: 6\n\n<rss/>` }),
      'NUL in a header': afterGood({ raw: 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n' }),
    },
  },
};
