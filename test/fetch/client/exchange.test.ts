import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drippingReply, endlessReply, type Reply } from '../../support/origin.ts';
import { aFetcher, anOrigin, aRawOrigin, cleanUp, failed, fresh, outcomeCode, read, text } from '../fetch-fixtures.ts';

cleanUp();

const feed = '<rss version="2.0"><channel><title>Example</title></channel></rss>';
const megabyte = 1024 * 1024;
const head = (lines: string) => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`;

/** One fetch from an origin with this reply. */
async function readReply(reply: Reply, limits = {}) {
  const origin = await anOrigin();
  origin.on('/feed', reply);
  const outcome = await read(aFetcher({ limits }), `${origin.url}/feed`);
  return { origin, outcome };
}

const silent: Reply = { raw: '', after: 'hang' };

describe('the deadlines of an exchange', () => {
  it('H01: abort an origin that accepts and never responds', async () => {
    const { outcome } = await readReply(silent, { headersMs: 100 });
    expect(failed(outcome)).toMatchObject({ failure: 'header_timeout', facts: { status: null, bytes: 0 } });
    expect(failed(outcome).detail).toBe('No complete response header within 0.1 s. The server is slow');
  });

  it('H03: abort headers that arrive byte by byte', async () => {
    const { outcome } = await readReply(drippingReply('HTTP/1.1 200 OK\r\nX-Slow: ', 'a', { everyMs: 20 }), {
      headersMs: 200,
    });
    expect(outcomeCode(outcome)).toBe('header_timeout');
  });

  it('H04: abort a body below the minimum rate', async () => {
    const { outcome } = await readReply(drippingReply(head('Content-Length: 100000'), 'x', { everyMs: 20 }), {
      slowWindowMs: 150,
    });
    expect(failed(outcome)).toMatchObject({ failure: 'slow_body', facts: { status: 200 } });
    expect(failed(outcome).detail).toContain('1024 bytes/s');
  });

  it('abort a body at the total deadline, whatever its rate', async () => {
    const { outcome } = await readReply(
      drippingReply(head('Content-Length: 9000000'), 'x'.repeat(500), { everyMs: 5, step: 500 }),
      {
        totalMs: 400,
      },
    );
    expect(failed(outcome).failure).toBe('slow_body');
    expect(failed(outcome).detail).toContain('within 0.4 s');
  });

  it('include all redirects in the total deadline', async () => {
    const origin = await anOrigin();
    let elapsedMs = 0;
    const clock = { now: () => 0, monotonic: () => elapsedMs };
    const afterTwelveSeconds = (location: string): Reply => {
      return () => {
        elapsedMs += 12_000;
        return { status: 302, headers: { Location: location } };
      };
    };
    origin.on('/feed', afterTwelveSeconds('/a')).on('/a', afterTwelveSeconds('/b')).on('/b', afterTwelveSeconds('/c'));
    origin.on('/c', { body: feed });
    const outcome = failed(await read(aFetcher({ clock }), `${origin.url}/feed`));
    expect(outcome).toMatchObject({ failure: 'connect_timeout', facts: { redirects: 3, durationMs: 36_000 } });
    expect(origin.to('/c')).toEqual([]);
  });

  it('H05: return nothing of a feed whose connection never ends', async () => {
    const { outcome } = await readReply(
      { raw: head('Content-Type: text/xml') + feed, after: 'hang' },
      { slowWindowMs: 150 },
    );
    expect(outcomeCode(outcome)).toBe('slow_body');
  });

  it('accept a short body below the minimum rate', async () => {
    const { outcome } = await readReply({ body: feed });
    expect(text(fresh(outcome).body)).toBe(feed);
  });
});

describe('the size limits of an exchange', () => {
  it('H06: stop an endless body and close its connection', async () => {
    const { origin, outcome } = await readReply(endlessReply());
    expect(failed(outcome)).toMatchObject({ failure: 'body_too_large', facts: { status: 200 } });
    expect(failed(outcome).facts.bytes).toBeGreaterThan(10 * megabyte);
    expect(failed(outcome).facts.bytes).toBeLessThan(11 * megabyte);
    await expect.poll(() => origin.open).toBe(0);
  });

  it('H07: reject a declared size over the limit before reading', async () => {
    const { outcome } = await readReply({ raw: head('Content-Length: 10000000000'), after: 'hang' });
    expect(failed(outcome)).toMatchObject({ failure: 'body_too_large', facts: { bytes: 0 } });
  });

  it('accept a body of exactly the limit', async () => {
    const { outcome } = await readReply({ body: 'x'.repeat(1_000) }, { maxWireBytes: 1_000 });
    expect(fresh(outcome).body).toHaveLength(1_000);
  });

  it('accept a body in ten thousand chunks of one byte', async () => {
    const { outcome } = await readReply({
      raw: `${head('Transfer-Encoding: chunked')}${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`,
    });
    expect(text(fresh(outcome).body)).toBe('x'.repeat(10_000));
  });

  it.each([
    ['15 KB', 1, 15_000, 'fresh'],
    ['17 KB', 1, 17_000, 'header_overflow'],
    ['1 MB', 1, megabyte, 'header_overflow'],
  ])('H24: map headers of %s to the expected outcome', async (_what, lines, bytes, expected) => {
    const { outcome } = await readReply({
      raw: `${head(`X-Long: ${'a'.repeat(bytes / lines)}\r\nContent-Length: 5`)}<rss>`,
    });
    expect(outcomeCode(outcome)).toBe(expected);
  });

  it('H25: reject ten thousand header lines', async () => {
    const { outcome } = await readReply({ raw: head('X: y\r\n'.repeat(10_000).trim()) });
    expect(outcomeCode(outcome)).toBe('header_overflow');
  });

  it('report a damaged body with its number of bytes', async () => {
    const body = gzipSync(feed).subarray(0, 30);
    const { outcome } = await readReply({ headers: { 'Content-Encoding': 'gzip' }, body });
    expect(failed(outcome)).toMatchObject({ failure: 'decode_error', facts: { status: 200, bytes: 30 } });
  });
});

describe('bodies that do not match their declared length', () => {
  it.each<[string, string, 'end' | 'reset']>([
    ['a length', head('Content-Length: 100'), 'end'],
    ['a length, and a reset', head('Content-Length: 100'), 'reset'],
    ['chunks', `${head('Transfer-Encoding: chunked')}40\r\n`, 'end'],
    ['chunks, and Connection: close', `${head('Transfer-Encoding: chunked\r\nConnection: close')}40\r\n`, 'end'],
    ['missing last chunk', `${head('Transfer-Encoding: chunked')}28\r\n`, 'end'],
  ])('H08: are rejected if shorter than their %s', async (_what, start, then) => {
    const { outcome } = await readReply({ raw: start + 'x'.repeat(40), after: then });
    expect(outcomeCode(outcome)).toBe('truncated');
  });

  it('are accepted without a length if the connection ends', async () => {
    const { outcome } = await readReply({ raw: head('Connection: close') + feed });
    expect(text(fresh(outcome).body)).toBe(feed);
  });

  it('H09: are read up to their length and the connection is not reused', async () => {
    const origin = await anOrigin();
    const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled';
    origin.on('/feed', { raw: `${head('Content-Length: 6')}<rss/>${smuggled}`, after: 'hang' }, { body: '<second/>' });
    const fetcher = aFetcher();
    expect(text(fresh(await read(fetcher, `${origin.url}/feed`)).body)).toBe('<rss/>');
    expect(text(fresh(await read(fetcher, `${origin.url}/feed`)).body)).toBe('<second/>');
    expect(origin.requests.map((request) => request.connection)).toEqual([1, 2]);
  });
});

describe('responses that violate HTTP/1.1', () => {
  it.each([
    ['a malformed status line', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['HTTP/0.9', '<rss version="2.0"></rss>'],
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.0\r\n'],
    ['a bare CR in a header', 'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n'],
    ['a NUL in a header', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: a\r\n\r\n'],
    ['a header name with a space', 'HTTP/1.1 200 OK\r\nX Y: a\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss/>'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'],
    ['an invalid chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['a switch without a protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['an unexpected status 100', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['an HTTP/2 preface', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff'],
  ])('H27: with %s are a protocol error', async (_what, raw) => {
    const { outcome } = await readReply({ raw });
    expect(failed(outcome).failure).toBe('protocol_error');
  });

  it('H27: with bare line feeds in the header are a protocol error', async () => {
    const { outcome } = await readReply({ raw: 'HTTP/1.1 200 OK\nContent-Length: 6\n\n<rss/>' });
    expect(outcomeCode(outcome)).toBe('protocol_error');
  });

  it('H26: with too many interim responses are aborted', async () => {
    const { outcome } = await readReply({ raw: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000), after: 'hang' });
    expect(failed(outcome).failure).toBe('protocol_error');
    expect(failed(outcome).detail).toContain('More than 20 interim');
  });

  it('with a few interim responses are accepted', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n'.repeat(20);
    const { outcome } = await readReply({ raw: `${hints}${head('Content-Length: 6')}<rss/>` });
    expect(text(fresh(outcome).body)).toBe('<rss/>');
  });

  it.each(['end', 'reset'] as const)('report a connection that closes without a response (%s)', async (then) => {
    const { outcome } = await readReply({ raw: '', after: then });
    expect(failed(outcome)).toMatchObject({ failure: 'connect_error', facts: { status: null } });
  });

  it('report a connection that closes inside the header', async () => {
    const { outcome } = await readReply({ raw: 'HTTP/1.1 200 OK\r\nContent-Le' });
    expect(outcomeCode(outcome)).toBe('truncated');
  });
});

describe('bodies that are not needed', () => {
  it('are drained if short, and the connection is kept', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { status: 404, body: 'x'.repeat(10_000) }, { body: feed });
    const fetcher = aFetcher();
    expect(outcomeCode(await read(fetcher, `${origin.url}/feed`))).toBe('not_found');
    expect(outcomeCode(await read(fetcher, `${origin.url}/feed`))).toBe('fresh');
    expect(origin.connections).toBe(1);
  });

  const missing = 'HTTP/1.1 404 Not Found\r\n';
  const minute = 60_000;

  it.each<[string, number, Reply]>([
    ['with a long declared length', minute, { raw: `${missing}Content-Length: 10000000\r\n\r\nx`, after: 'hang' }],
    ['that never ends', 100, { raw: `${missing}Transfer-Encoding: chunked\r\n\r\n`, after: 'hang' }],
    [
      'that is longer than the limit',
      minute,
      { raw: `${missing}Transfer-Encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(131_072)}`, after: 'hang' },
    ],
    ['that is damaged', minute, { raw: `${missing}Content-Length: 100\r\n\r\nx`, after: 'reset' }],
  ])('close the connection of one %s', async (_what, drainMs, reply) => {
    const { origin, outcome } = await readReply(reply, { drainMs });
    expect(failed(outcome)).toMatchObject({ failure: 'not_found', facts: { status: 404 } });
    await expect.poll(() => origin.open).toBe(0);
  });

  it('leave no connection open after any failure', async () => {
    const origin = await anOrigin();
    const fetcher = aFetcher({ limits: { headersMs: 200 } });
    const replies: readonly Reply[] = [silent, endlessReply(), { raw: 'SSH-2.0\r\n', after: 'hang' }];
    for (const reply of replies) {
      origin.on('/feed', reply);
      await read(fetcher, `${origin.url}/feed`);
      await expect.poll(() => origin.open).toBe(0);
    }
    expect(fetcher.client.openOrigins()).toEqual([]);
  });
});

describe('an aborted fetch', () => {
  it('closes its connection and throws the reason', async () => {
    const origin = await anOrigin();
    const stop = new AbortController();
    origin.on('/feed', () => {
      stop.abort(new Error('shutting down'));
      return silent;
    });
    const request = { url: `${origin.url}/feed`, headers: {}, validators: { etag: null, lastModified: null } };
    await expect(aFetcher().fetchSource({ ...request, bodyHash: null }, stop.signal)).rejects.toThrow('shutting down');
    await expect.poll(() => origin.open).toBe(0);
  });

  it('does not start if it was aborted before', async () => {
    const origin = await anOrigin();
    const request = { url: `${origin.url}/feed`, headers: {}, validators: { etag: null, lastModified: null } };
    const stopped = AbortSignal.abort(new Error('shutting down'));
    await expect(aFetcher().fetchSource({ ...request, bodyHash: null }, stopped)).rejects.toThrow('shutting down');
    expect(origin.requests).toEqual([]);
  });

  it('fails with a clear message if the client is closed', async () => {
    const origin = await anOrigin();
    const fetcher = aFetcher();
    origin.on('/feed', () => {
      void fetcher.close();
      return silent;
    });
    expect(failed(await read(fetcher, `${origin.url}/feed`))).toMatchObject({
      failure: 'internal_error',
      detail: 'The fetch was aborted because Newswire is stopping',
    });
  });
});

describe('an origin that sends before the request', () => {
  it('is rejected', async () => {
    const origin = await aRawOrigin((socket) => {
      socket.on('error', () => socket.destroy());
      socket.write(`${head('Content-Length: 6')}<rss/>`);
    });
    expect(outcomeCode(await read(aFetcher(), `${origin.url}/feed`))).not.toBe('internal_error');
  });
});

describe('random bytes as response', () => {
  const pieces = [
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 304 Not Modified\r\n',
    'HTTP/1.1 302 Found\r\nLocation: /\xff\r\n',
    'HTTP/1.1 101 Switching\r\n',
    'HTTP/1.1 103 Early Hints\r\n\r\n',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Encoding: br\r\n',
    'Connection: upgrade\r\nUpgrade: x\r\n',
    'Connection: close\r\n',
    '\r\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    '<rss/>',
    '\n',
    '\0',
    ': ',
  ];

  it('never cause an internal error', async () => {
    const origin = await anOrigin();
    const fetcher = aFetcher({ limits: { headersMs: 1_000, totalMs: 2_000 } });
    const answer = fc.array(
      fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: fc.string() }),
      {
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(answer, fc.constantFrom('end' as const, 'reset' as const), async (parts, after) => {
        origin.on('/feed', { raw: Buffer.from(parts.join(''), 'latin1'), after });
        expect(outcomeCode(await read(fetcher, `${origin.url}/feed`))).not.toBe('internal_error');
      }),
      { numRuns: 150 },
    );
  });
});
