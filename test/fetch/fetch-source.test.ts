import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FetchOutcome, Validators } from '../../src/domain/polling/fetch-outcome.ts';
import { notesOf } from '../support/notes.ts';
import type { Reply } from '../support/origin.ts';
import { aFetcher, anOrigin, cleanUp, failed, fresh, outcomeCode, read, text } from './fetch-fixtures.ts';

cleanUp();

const feed = '<rss version="2.0"><channel><title>Example</title></channel></rss>';
const hash = (body: string) => createHash('sha256').update(body).digest('hex');
const day = 24 * 3_600_000;

/** Two fetches of one source, the second with the validators and the body hash of the first. */
async function readTwice(first: Reply, second: Reply) {
  const origin = await anOrigin();
  origin.on('/feed', first, second);
  const fetcher = aFetcher();
  const document = fresh(await read(fetcher, `${origin.url}/feed`));
  const { validators, bodyHash } = document;
  return { origin, document, outcome: await read(fetcher, `${origin.url}/feed`, { validators, bodyHash }) };
}

function validatorsOf(outcome: FetchOutcome): Validators {
  if (outcome.kind !== 'not-modified') throw new Error(`modified: ${JSON.stringify(outcome)}`);
  return outcome.validators;
}

describe('fetchSource', () => {
  it('returns the document with its metadata', async () => {
    const origin = await anOrigin();
    const headers = {
      'Content-Type': 'application/rss+xml; charset=utf-8',
      'Content-Encoding': 'gzip',
      ETag: '"1"',
      'Last-Modified': 'Sun, 01 Mar 2026 10:00:00 GMT',
      'Cache-Control': 'max-age=600',
      Age: '60',
      Link: ['<https://hub.example/>; rel=hub', '</feed>; rel="self"'],
    };
    const body = gzipSync(feed);
    origin.on('/feed', { headers, body });
    expect(await read(aFetcher(), `${origin.url}/feed`)).toEqual({
      kind: 'fresh',
      body: new Uint8Array(Buffer.from(feed)),
      contentType: 'application/rss+xml; charset=utf-8',
      validators: { etag: '"1"', lastModified: 'Sun, 01 Mar 2026 10:00:00 GMT', url: `${origin.url}/feed` },
      bodyHash: hash(feed),
      url: `${origin.url}/feed`,
      movedTo: null,
      freshnessLifetimeMs: 540_000,
      links: [
        { rel: 'hub', href: 'https://hub.example/' },
        { rel: 'self', href: `${origin.url}/feed` },
      ],
      facts: { status: 200, bytes: body.length, durationMs: expect.any(Number), redirects: 0, notes: [] },
    });
  });

  it('sends User-Agent, Accept and Accept-Encoding, and no other identifying headers', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: feed });
    await read(aFetcher({ userAgent: 'Newswire/1.2.3 (+https://example.org/about)' }), `${origin.url}/feed`);
    expect(origin.requests[0]?.headers).toEqual({
      host: `127.0.0.1:${origin.port}`,
      connection: 'keep-alive',
      'user-agent': 'Newswire/1.2.3 (+https://example.org/about)',
      accept:
        'application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1',
      'accept-encoding': 'gzip, br, deflate',
    });
  });

  it('sends one request and no other to the host', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: feed });
    await read(aFetcher(), `${origin.url}/feed`);
    expect(origin.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /feed']);
  });

  it.each(['/feed?a=b&a=c', '/feed?', '/feed?%7E=%7E&x', '/%7Efeed'])('requests %s unchanged', async (path) => {
    const origin = await anOrigin();
    origin.on(path.split('?')[0] ?? '', { body: feed });
    await read(aFetcher(), origin.url + path);
    expect(origin.requests[0]?.path).toBe(path);
  });

  it('contains no secrets of the source in failure details', async () => {
    const origin = await anOrigin();
    const headers = { Authorization: 'Basic c2VjcmV0', 'X-Api-Key': 'secret' };
    origin.on('/feed', { status: 500, body: 'secret' });
    const outcome = await read(aFetcher(), `${origin.url}/feed?key=secret`, { headers });
    expect(origin.requests[0]?.headers).toMatchObject({ authorization: 'Basic c2VjcmV0', 'x-api-key': 'secret' });
    expect(JSON.stringify(outcome)).not.toMatch(/secret|c2VjcmV0/);
  });

  it('sends no declared header that would break the exchange', async () => {
    const origin = await anOrigin();
    const headers = {
      Host: 'example.org',
      'Transfer-Encoding': 'chunked',
      'If-None-Match': '"x"',
      'Accept-Encoding': 'zstd',
      Range: 'bytes=0-1',
      'X-Split': 'a\r\nX-Injected: 1',
      'User-Agent': 'Mine/1',
    };
    origin.on('/feed', { body: feed });
    const outcome = fresh(await read(aFetcher(), `${origin.url}/feed`, { headers }));
    expect(origin.requests[0]?.headers).toMatchObject({ host: `127.0.0.1:${origin.port}`, 'user-agent': 'Mine/1' });
    expect(origin.requests[0]?.headers['accept-encoding']).toBe('gzip, br, deflate');
    for (const name of ['transfer-encoding', 'if-none-match', 'range', 'x-split', 'x-injected']) {
      expect(origin.requests[0]?.headers).not.toHaveProperty(name);
    }
    expect(outcome.facts.notes).toEqual(notesOf('headers_ignored'));
  });

  it('reports an invalid URL without a request', async () => {
    const fetcher = aFetcher();
    expect(outcomeCode(await read(fetcher, 'not an address'))).toBe('bad_url');
    expect(outcomeCode(await read(fetcher, 'ftp://example.org/feed'))).toBe('bad_scheme');
    expect(outcomeCode(await read(fetcher, 'http://10.0.0.1/feed'))).toBe('blocked_address');
  });

  it('contains no control characters of the origin in failure details', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { headers: { 'Content-Encoding': 'foo\x1b[31m' }, body: feed });
    const { raw } = { raw: `HTTP/1.1 200 OK\r\nContent-Encoding: f\x80\x9b31m\r\nContent-Length: 1\r\n\r\n\x01` };
    origin.on('/feed', { raw: Buffer.from(raw, 'latin1') });
    const outcome = failed(await read(aFetcher(), `${origin.url}/feed`));
    expect(outcome.failure).toBe('decode_error');
    expect(outcome.detail).not.toMatch(/\p{Cc}/u);
  });
});

describe('fetchSource with validators', () => {
  it('sends no validators on the first read', async () => {
    const { origin } = await readTwice({ body: feed }, { body: feed });
    expect(origin.requests[0]?.headers).not.toHaveProperty('if-none-match');
    expect(origin.requests[0]?.headers).not.toHaveProperty('if-modified-since');
  });

  it.each([
    'W/"a,b \xe9"',
    'abc',
    '"',
    "'single'",
    '"\x80\xff"',
  ])('sends back the etag %s byte for byte', async (etag) => {
    const { origin, outcome } = await readTwice({ headers: { ETag: etag }, body: feed }, { status: 304 });
    expect(origin.requests[1]?.headers['if-none-match']).toBe(etag);
    expect(outcome.kind).toBe('not-modified');
  });

  it('notes bad_validator if the origin answers 400 to a malformed one', async () => {
    const first = { headers: { ETag: 'abc' }, body: feed };
    const { outcome } = await readTwice(first, { status: 400 });
    expect(failed(outcome)).toMatchObject({ failure: 'http_client_error', facts: { notes: notesOf('bad_validator') } });
    const regular = await readTwice({ headers: { ETag: '"abc"' }, body: feed }, { status: 400 });
    expect(failed(regular.outcome).facts.notes).toEqual([]);
  });

  it('sends back Last-Modified byte for byte', async () => {
    const odd = 'Tue, 32 Foo 2026 99:99 GMT';
    const { origin } = await readTwice({ headers: { 'Last-Modified': odd }, body: feed }, { status: 304 });
    expect(origin.requests[1]?.headers['if-modified-since']).toBe(odd);
  });

  it('discards an etag that a new document lacks', async () => {
    const first = { headers: { ETag: '"1"', 'Last-Modified': 'then' }, body: feed };
    const { outcome, origin } = await readTwice(first, { headers: { 'Last-Modified': 'now' }, body: '<new/>' });
    expect(fresh(outcome).validators).toEqual({ etag: null, lastModified: 'now', url: `${origin.url}/feed` });
  });

  it('updates the validators and freshness that a 304 contains and keeps the others', async () => {
    const first = { headers: { ETag: '"1"', 'Last-Modified': 'then' }, body: feed };
    const again = { status: 304, headers: { ETag: '"2"', 'Cache-Control': 'max-age=60' } };
    const { outcome, origin } = await readTwice(first, again);
    expect(outcome).toEqual({
      kind: 'not-modified',
      by: 'status',
      validators: { etag: '"2"', lastModified: 'then', url: `${origin.url}/feed` },
      movedTo: null,
      freshnessLifetimeMs: 60_000,
      facts: { status: 304, bytes: 0, durationMs: expect.any(Number), redirects: 0, notes: [] },
    });
  });

  it('returns no freshness lifetime if a 304 has none', async () => {
    const first = { headers: { ETag: '"1"', 'Cache-Control': 'max-age=7200' }, body: feed };
    const { outcome } = await readTwice(first, { status: 304 });
    expect(outcome).toMatchObject({ kind: 'not-modified', freshnessLifetimeMs: null });
  });

  it('H29: treats a 304 to an unconditional request as a failure', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { status: 304, headers: { ETag: '"1"' } });
    expect(failed(await read(aFetcher(), `${origin.url}/feed`))).toMatchObject({
      failure: 'unexpected_304',
      facts: { status: 304 },
    });
  });

  it('detects an unchanged body without validators', async () => {
    const { outcome } = await readTwice({ body: feed }, { body: feed });
    expect(outcome).toMatchObject({ kind: 'not-modified', by: 'body', facts: { status: 200, bytes: feed.length } });
  });

  it('detects an unchanged document in another content coding', async () => {
    const { outcome } = await readTwice(
      { body: feed },
      { headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(feed) },
    );
    expect(outcome).toMatchObject({ kind: 'not-modified', by: 'body' });
  });

  it('H31: prefers a changed body over an unchanged etag', async () => {
    const headers = { ETag: '"1"' };
    const { outcome } = await readTwice({ headers, body: feed }, { headers, body: '<new/>' });
    expect(text(fresh(outcome).body)).toBe('<new/>');
    expect(fresh(outcome).facts.notes).toEqual(notesOf('etag_reused'));
    const same = await readTwice({ headers, body: feed }, { headers, body: feed });
    expect(same.outcome).toMatchObject({
      kind: 'not-modified',
      by: 'body',
      facts: { notes: notesOf('unchanged_body') },
    });
  });

  it('H32: detects an unchanged body with a new etag', async () => {
    const { outcome } = await readTwice(
      { headers: { ETag: '"1"' }, body: feed },
      { headers: { ETag: '"2"' }, body: feed },
    );
    expect(outcome).toMatchObject({ kind: 'not-modified', by: 'body' });
    expect(validatorsOf(outcome).etag).toBe('"2"');
  });

  it.each<[string, string | string[]]>([
    ['8 KB long', `"${'a'.repeat(8_192)}"`],
    ['given twice', ['"a"', '"b"']],
  ])('H28: sends no validators after an etag %s', async (_what, ETag) => {
    const { document, origin } = await readTwice({ headers: { ETag }, body: feed }, { body: feed });
    expect(document.facts.notes).toEqual(notesOf('bad_validator'));
    expect(origin.requests[1]?.headers).not.toHaveProperty('if-none-match');
  });

  it('never sends Range or If-Match, and reports a 412 as a failure', async () => {
    const { outcome, origin } = await readTwice({ headers: { ETag: '"1"' }, body: feed }, { status: 412 });
    expect(failed(outcome)).toMatchObject({ failure: 'http_client_error', facts: { status: 412 } });
    expect(failed(outcome).detail).toContain('HTTP 412');
    for (const request of origin.requests) {
      expect(request.headers).not.toHaveProperty('if-match');
      expect(request.headers).not.toHaveProperty('range');
    }
  });

  it('sends no-cache and validators if forced', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { status: 304 });
    const validators = { etag: '"1"', lastModified: null };
    const outcome = await read(aFetcher(), `${origin.url}/feed`, { validators, force: true });
    expect(outcome.kind).toBe('not-modified');
    expect(origin.requests[0]?.headers).toMatchObject({ 'cache-control': 'no-cache', 'if-none-match': '"1"' });
  });

  it("sends validators without a URL to the source's own URL only", async () => {
    const origin = await anOrigin();
    origin.on('/feed', { status: 302, headers: { Location: '/next' } }).on('/next', { body: feed });
    await read(aFetcher(), `${origin.url}/feed`, { validators: { etag: '"1"', lastModified: null } });
    expect(origin.requests.map((request) => request.headers['if-none-match'])).toEqual(['"1"', undefined]);
  });
});

describe('fetchSource by response status', () => {
  const answer = async (status: number, headers: Record<string, string> = {}) => {
    const origin = await anOrigin();
    origin.on('/feed', { status, headers, ...(status === 204 ? {} : { body: '<html>no</html>' }) });
    return await read(aFetcher(), `${origin.url}/feed`);
  };

  it.each([
    [200, 'fresh'],
    [203, 'fresh'],
    [204, 'empty'],
    [206, 'protocol_error'],
    [300, 'protocol_error'],
    [400, 'http_client_error'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'not_found'],
    [410, 'gone'],
    [416, 'http_client_error'],
    [418, 'http_client_error'],
    [429, 'throttled'],
    [451, 'unauthorized'],
    [500, 'http_server_error'],
    [502, 'http_server_error'],
    [503, 'throttled'],
    [599, 'http_server_error'],
    [799, 'http_server_error'],
  ])('maps status %i to %s', async (status, expected) => {
    const outcome = await answer(status);
    expect(outcomeCode(outcome)).toBe(expected);
    expect(outcome.facts.status).toBe(status);
    if (outcome.kind === 'failed') expect(outcome.detail).toContain(`HTTP ${status}`);
  });

  it('H33: applies a 429 to the whole host', async () => {
    expect(await answer(429, { 'Retry-After': '86400' })).toMatchObject({ retryAfterMs: day, hostWide: true });
    expect(await answer(429)).toMatchObject({ retryAfterMs: null, hostWide: true });
    expect(await answer(429, { 'Retry-After': '1' })).toMatchObject({ kind: 'throttled', retryAfterMs: 1_000 });
  });

  it('H35: applies a 503 to the source', async () => {
    expect(await answer(503, { 'Retry-After': 'Sun, 01 Mar 2026 12:10:00 GMT' })).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 600_000,
      hostWide: false,
    });
    expect(await answer(503, { 'Retry-After': 'Sun, 01 Mar 2020 12:10:00 GMT' })).toMatchObject({ retryAfterMs: null });
    expect(await answer(503, { 'Retry-After': 'Fri, 31 Dec 9999 23:59:59 GMT' })).toMatchObject({
      retryAfterMs: 7 * day,
      facts: { notes: notesOf('retry_after_capped') },
    });
  });

  it('reads Retry-After on every failure status', async () => {
    expect(await answer(403, { 'Retry-After': '120' })).toMatchObject({
      failure: 'unauthorized',
      retryAfterMs: 120_000,
    });
    expect(await answer(500, { 'Retry-After': 'soon' })).toMatchObject({ retryAfterMs: null });
  });

  it('H39: recognises a challenge by its header on any status', async () => {
    for (const status of [403, 429, 503]) {
      expect(outcomeCode(await answer(status, { 'cf-mitigated': 'challenge' }))).toBe('challenge');
    }
    expect(outcomeCode(await answer(403, { 'cf-mitigated': 'block' }))).toBe('unauthorized');
    expect(outcomeCode(await answer(200, { 'cf-mitigated': 'challenge' }))).toBe('fresh');
  });

  it('leaves it to the parser to distinguish pages from feeds', async () => {
    expect(fresh(await answer(200, { 'Content-Type': 'text/html' })).contentType).toBe('text/html');
  });

  it('H41: treats an empty body as a failure', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: '' });
    expect(failed(await read(aFetcher(), `${origin.url}/feed`))).toMatchObject({
      failure: 'empty',
      facts: { status: 200 },
    });
  });
});

describe('get', () => {
  it('uses the same guard, follows redirects and sends no validators', async () => {
    const origin = await anOrigin();
    origin.on('/page', { status: 302, headers: { Location: '/other' } }).on('/other', { body: '<html/>' });
    const fetcher = aFetcher();
    const { result, redirects } = await fetcher.get(`${origin.url}/page`, { accept: 'text/html' });
    expect(origin.requests.map((request) => request.headers['accept'])).toEqual(['text/html', 'text/html']);
    expect(result).toMatchObject({ kind: 'answered', status: 200, url: new URL(`${origin.url}/other`) });
    expect(redirects).toBe(1);
    expect((await fetcher.get('http://10.0.0.1/')).result).toMatchObject({ failure: 'blocked_address' });
    expect((await fetcher.get('file:///etc/passwd')).result).toMatchObject({ failure: 'bad_scheme' });
    expect((await fetcher.get('nonsense')).result).toMatchObject({ failure: 'bad_url' });
  });
});
