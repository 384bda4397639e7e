import { describe, expect, it } from 'vitest';
import { notesOf } from '../support/notes.ts';
import type { Reply } from '../support/origin.ts';
import { makeCertificate } from './certificates.ts';
import { aFetcher, anOrigin, cleanUp, failed, fresh, outcomeCode, read, text } from './fetch-fixtures.ts';

cleanUp();

const feed = '<rss/>';
const to = (location: string, status = 302): Reply => ({ status, headers: { Location: location }, body: 'moved' });

/** Fetches `/feed`, which redirects with each of these statuses in turn, to a feed. */
async function chain(...statuses: readonly number[]) {
  const origin = await anOrigin();
  const paths = ['/feed', ...statuses.map((_, at) => `/${at + 1}`)];
  for (const [at, status] of statuses.entries()) origin.on(paths[at] ?? '', to(paths[at + 1] ?? '', status));
  origin.on(paths.at(-1) ?? '', { body: feed });
  return { origin, outcome: await read(aFetcher(), `${origin.url}/feed`) };
}

describe('followRedirects', () => {
  it.each([301, 302, 303, 307, 308])('follows a %s', async (status) => {
    const { outcome, origin } = await chain(status);
    const document = fresh(outcome);
    expect(text(document.body)).toBe(feed);
    expect(document.url).toBe(`${origin.url}/1`);
    expect(document.facts).toMatchObject({ status: 200, redirects: 1 });
    expect(origin.requests.every((request) => request.method === 'GET')).toBe(true);
  });

  it.each<[readonly number[], number | null]>([
    [[], null],
    [[302], null],
    [[301], 1],
    [[308, 301], 2],
    [[301, 302], 1],
    [[301, 302, 301], 1],
    [[302, 301], null],
    [[307, 308, 301], null],
  ])('returns movedTo for the statuses %j as hop %s', async (statuses, hop) => {
    const { outcome, origin } = await chain(...statuses);
    expect(fresh(outcome).movedTo).toBe(hop === null ? null : `${origin.url}/${hop}`);
  });

  it('never returns http as movedTo of https', async () => {
    const authority = makeCertificate({ name: 'Test authority' });
    const secure = await anOrigin({ tls: makeCertificate({ name: 'x', hosts: ['127.0.0.1'], issuer: authority }) });
    const plain = await anOrigin();
    plain.on('/feed', { body: feed });
    secure.on('/feed', to('/new', 301)).on('/new', to(`${plain.url}/feed`, 301));
    const outcome = fresh(await read(aFetcher({ ca: [authority.cert] }), `${secure.url}/feed`));
    expect(outcome.url).toBe(`${plain.url}/feed`);
    expect(outcome.movedTo).toBe(`${secure.url}/new`);
  });

  it('H17: follows five redirects and rejects the sixth', async () => {
    expect(outcomeCode((await chain(302, 302, 302, 302, 302)).outcome)).toBe('fresh');
    const { outcome, origin } = await chain(302, 302, 302, 302, 302, 302);
    expect(failed(outcome)).toMatchObject({ failure: 'redirect_limit', facts: { status: 302, redirects: 5 } });
    expect(origin.requests).toHaveLength(6);
  });

  it('H16: stops at the first repeated URL', async () => {
    const origin = await anOrigin();
    origin.on('/self', to('/self#again')).on('/a', to('/b')).on('/b', to('/a'));
    const fetcher = aFetcher();
    expect(outcomeCode(await read(fetcher, `${origin.url}/self`))).toBe('redirect_loop');
    expect(origin.requests).toHaveLength(1);
    expect(outcomeCode(await read(fetcher, `${origin.url}/a`))).toBe('redirect_loop');
    expect(origin.requests).toHaveLength(3);
  });

  it.each([
    ['relative', '../x/feed', '/x/feed'],
    ['with a fragment', '/feed2#top', '/feed2'],
    ['with spaces', '/f eed.xml', '/f%20eed.xml'],
    ['with a tab and padding', '  /fe\ted2 ', '/feed2'],
    ['with UTF-8 bytes', Buffer.from('/nachrichten-für-alle').toString('latin1'), '/nachrichten-f%C3%BCr-alle'],
    ['with latin1 bytes', '/nachrichten-f\xfcr-alle', '/nachrichten-f%C3%BCr-alle'],
    ['of 300 characters', `/${'a'.repeat(299)}`, `/${'a'.repeat(299)}`],
    ['with a query', '?a=b&a=c', '/dir/feed?a=b&a=c'],
  ])('resolves a Location %s', async (_what, location, path) => {
    const origin = await anOrigin();
    origin.on('/dir/feed', to(location), { body: feed }).on(path, { body: feed });
    const document = fresh(await read(aFetcher(), `${origin.url}/dir/feed`));
    expect(document.url).toBe(origin.url + path);
    expect(origin.requests[1]?.path).toBe(path);
  });

  it.each([
    ['missing', 'redirect_no_location', {}],
    ['empty', 'redirect_no_location', { Location: '' }],
    ['not a URL', 'redirect_no_location', { Location: 'http://[' }],
    ['without a valid host', 'redirect_no_location', { Location: 'http://256.256.256.256/' }],
    ['longer than 8 KB', 'bad_url', { Location: `/${'a'.repeat(8_200)}` }],
  ])('H22: rejects a Location that is %s', async (_what, failure, headers) => {
    const origin = await anOrigin();
    origin.on('/feed', { status: 308, headers });
    expect(failed(await read(aFetcher(), `${origin.url}/feed`))).toMatchObject({ failure, facts: { status: 308 } });
    expect(origin.requests).toHaveLength(1);
  });

  it.each([
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'data:text/xml,<rss/>',
    'javascript:alert(1)',
    'ftp://127.0.0.1/',
  ])('H19: does not request %s', async (location) => {
    const origin = await anOrigin();
    origin.on('/feed', to(location, 301));
    const outcome = failed(await read(aFetcher({ feedsDir: '/etc' }), `${origin.url}/feed`));
    expect(outcome.failure).toBe('redirect_scheme');
  });

  it('cannot be made to inject a header', async () => {
    const origin = await anOrigin();
    const injected = '/x%0d%0aX-Injected: 1 HTTP/1.1';
    origin.on('/feed', to(injected));
    await read(aFetcher(), `${origin.url}/feed`);
    expect(origin.requests[1]?.path).toBe('/x%0d%0aX-Injected:%201%20HTTP/1.1');
    expect(origin.requests[1]?.headers).not.toHaveProperty('x-injected');
  });

  it('reports a failure after redirects with the hop number and the last status', async () => {
    const origin = await anOrigin();
    origin.on('/feed', to('/next')).on('/next', { raw: '', after: 'end' });
    const outcome = failed(await read(aFetcher(), `${origin.url}/feed`));
    expect(outcome).toMatchObject({ failure: 'connect_error', facts: { status: 302, redirects: 1 } });
    expect(outcome.detail).toMatch(/\(redirect 1\)$/);
  });
});

describe('followRedirects to forbidden targets', () => {
  const blocked = [
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://[::ffff:10.0.0.1]/',
    'http://0xA9FEA9FE/',
    'http://[fd00:ec2::254]/',
    'http://168.63.129.16/',
    'http://user:pw@10.0.0.1/',
    'https:10.0.0.1',
    '//10.0.0.1\\@example.com/',
    Buffer.from('http://①⓪.⓪.⓪.①/').toString('latin1'),
  ];

  it.each(blocked)('H18: does not request %s', async (location) => {
    const origin = await anOrigin();
    origin.on('/feed', to(location));
    const outcome = failed(await read(aFetcher({ resolve: async () => [] }), `${origin.url}/feed`));
    expect(outcome).toMatchObject({ failure: 'blocked_address', facts: { status: 302, redirects: 1 } });
  });

  it('checks every URL of a chain', async () => {
    const origin = await anOrigin();
    origin.on('/feed', to('/a', 307)).on('/a', to('/b', 307)).on('/b', to('http://10.0.0.1/', 307));
    const outcome = failed(await read(aFetcher(), `${origin.url}/feed`));
    expect(outcome).toMatchObject({ failure: 'blocked_address', facts: { redirects: 3 } });
    expect(outcome.detail).toMatch(/\(redirect 3\)$/);
  });

  it('checks ports and names too', async () => {
    const origin = await anOrigin();
    origin.on('/port', to('http://example.org:6379/')).on('/name', to('http://metadata.google.internal/'));
    const fetcher = aFetcher({ resolve: async () => ['93.184.215.14'] });
    expect(outcomeCode(await read(fetcher, `${origin.url}/port`))).toBe('bad_port');
    expect(outcomeCode(await read(fetcher, `${origin.url}/name`))).toBe('blocked_address');
  });

  it('rejects a user name in a redirect to a public host', async () => {
    const origin = await anOrigin();
    origin.on('/feed', to(`http://user:pw@127.0.0.1:${origin.port}/next`));
    expect(outcomeCode(await read(aFetcher(), `${origin.url}/feed`))).toBe('bad_url');
    expect(origin.requests).toHaveLength(1);
  });
});

describe('followRedirects and request headers', () => {
  const secrets = { Authorization: 'Basic c2VjcmV0', Cookie: 'secret=1', 'X-Api-Key': 'secret' };
  const names = ['authorization', 'cookie', 'x-api-key'];

  it('sends declared headers within the origin only', async () => {
    const origin = await anOrigin();
    origin.on('/feed', to('/next')).on('/next', { body: feed });
    const outcome = fresh(await read(aFetcher(), `${origin.url}/feed`, { headers: secrets }));
    for (const request of origin.requests) {
      for (const name of names) expect(request.headers).toHaveProperty(name);
    }
    expect(outcome.facts.notes).toEqual([]);
  });

  it('H23: drops declared headers at another origin and does not restore them', async () => {
    const home = await anOrigin();
    const away = await anOrigin();
    home.on('/feed', to(`${away.url}/hop`)).on('/back', { body: feed });
    // A second hop within the other origin must not count as "same origin" again.
    away.on('/hop', to('/hop2')).on('/hop2', to(`${home.url}/back`));
    const outcome = fresh(await read(aFetcher(), `${home.url}/feed`, { headers: secrets }));
    for (const request of [...away.requests, ...home.to('/back')]) {
      for (const name of names) expect(request.headers).not.toHaveProperty(name);
      expect(JSON.stringify(request.headers)).not.toContain('secret');
      expect(request.headers['user-agent']).toBe('Newswire/0.0.0');
    }
    expect(outcome.facts.notes).toEqual(notesOf('headers_withheld'));
  });

  it('does not send declared headers to an adopted address at another origin', async () => {
    const moved = await anOrigin();
    moved.on('/feed', { body: feed });
    const declaredUrl = 'https://example.org/feed';
    const outcome = fresh(await read(aFetcher(), `${moved.url}/feed`, { headers: secrets, declaredUrl }));
    for (const name of names) expect(moved.requests[0]?.headers).not.toHaveProperty(name);
    expect(outcome.facts.notes).toEqual(notesOf('headers_withheld'));
    const within = await read(aFetcher(), `${moved.url}/feed`, { headers: secrets, declaredUrl: `${moved.url}/old` });
    expect(fresh(within).facts.notes).toEqual([]);
    expect(moved.requests[1]?.headers).toHaveProperty('x-api-key');
  });

  it('sends validators only to the URL that issued them', async () => {
    const origin = await anOrigin();
    origin.on('/feed', to('/a'), to('/a'), to('/b'));
    origin.on('/a', { headers: { ETag: '"a"' }, body: feed }, { status: 304 });
    origin.on('/b', { body: '<other/>' });
    const fetcher = aFetcher();
    const first = fresh(await read(fetcher, `${origin.url}/feed`));
    const known = { validators: first.validators, bodyHash: first.bodyHash };
    expect(outcomeCode(await read(fetcher, `${origin.url}/feed`, known))).toBe('not-modified');
    expect(outcomeCode(await read(fetcher, `${origin.url}/feed`, known))).toBe('fresh');
    const conditions = origin.requests.map((request) => [request.path, request.headers['if-none-match']]);
    expect(conditions.slice(2)).toEqual([
      ['/feed', undefined],
      ['/a', '"a"'],
      ['/feed', undefined],
      ['/b', undefined],
    ]);
  });

  it('sends no referrer to the next host', async () => {
    const home = await anOrigin();
    const away = await anOrigin();
    home.on('/feed', { status: 302, headers: { Location: `${away.url}/feed`, 'Set-Cookie': 'a=b; Path=/' } });
    away.on('/feed', { headers: { 'Set-Cookie': 'c=d' }, body: feed });
    const fetcher = aFetcher();
    await read(fetcher, `${home.url}/feed`);
    await read(fetcher, `${home.url}/feed`);
    for (const request of [...home.requests, ...away.requests]) {
      for (const name of ['cookie', 'referer', 'origin', 'dnt', 'range', 'if-match']) {
        expect(request.headers).not.toHaveProperty(name);
      }
    }
  });
});
