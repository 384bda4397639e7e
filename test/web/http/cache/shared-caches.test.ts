import { describe, expect, it } from 'vitest';
import { type ReceivedResponse, type SendRequest, withServer } from '../../../support/web/http-server.ts';
import { type StoreApp, withStoreApp } from '../../../support/web/store-app.ts';

const adminToken = 'a-token-of-the-operator';
const fillings: Readonly<Record<string, string>> = {
  '/items/:id': '/items/1',
  '/sources/:id': '/sources/a',
  ':section': 'world',
  ':version/:file{.+}': 'x/assets/newswire.css',
  ':id': '1',
};

/** Every path with a GET route, and some unknown ones. */
function pathsOf({ routes }: StoreApp): string[] {
  const known = routes
    .filter(({ method, path }) => method === 'GET' && !path.includes('*'))
    .map(({ path }) => Object.entries(fillings).reduce((filled, [name, value]) => filled.replace(name, value), path));
  const others = ['/nope', '/items/999', '/api/nope', '/sections/nope/feed.rss', '/feed.rss?limit=0', '/search?q=one'];
  return [...new Set([...known, ...others])];
}

/** Request headers that clients, browsers and proxies send. */
const headerValues: Readonly<Record<string, readonly string[]>> = {
  accept: ['application/json', 'application/atom+xml', 'text/html,*/*;q=0.8', 'text/event-stream'],
  'accept-encoding': ['br', 'gzip'],
  'accept-language': ['de-DE,de;q=0.9'],
  'user-agent': ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'curl/8'],
  cookie: ['newswire-author=aaaaaaaaaaaaaaaaaaaaaa', 'newswire-admin=made-up'],
  origin: ['https://example.org', 'null'],
  referer: ['https://example.org/'],
  'sec-fetch-dest': ['document', 'empty'],
  'sec-fetch-site': ['cross-site'],
  'sec-purpose': ['prefetch'],
  'x-forwarded-for': ['192.0.2.7'],
  'x-forwarded-proto': ['http'],
  'x-forwarded-host': ['evil.example.com'],
  host: ['evil.example.com'],
  authorization: ['Bearer made-up'],
};
const tokens = /[0-9a-z]+\.[0-9a-f-]{36}\.[\w-]{22}/g;

function comparable({ status, headers, body }: ReceivedResponse): string {
  return JSON.stringify({ status, headers, body: body.replace(tokens, '') });
}

const isStored = ({ headers }: ReceivedResponse): boolean => !/no-store|private/.test(headers['cache-control'] ?? '');

/** Headers that a response depends on without naming them in its Vary. */
async function undeclared(send: SendRequest, path: string): Promise<string[]> {
  const plain = await send('GET', path);
  const found: string[] = [];
  for (const [name, values] of Object.entries(headerValues)) {
    for (const value of values) {
      const other = await send('GET', path, { [name]: value });
      if (comparable(other) === comparable(plain) || (!isStored(plain) && !isStored(other))) continue;
      const vary = `${plain.headers['vary'] ?? ''}, ${other.headers['vary'] ?? ''}`.toLowerCase().split(/, */);
      if (!vary.includes(name)) found.push(`${path} depends on ${name}: ${value}`);
    }
  }
  return found;
}

function withWholeApp(work: (app: StoreApp, send: SendRequest) => Promise<void>): Promise<void> {
  // An open stream would never end.
  const eventStream = null;
  const parts = { eventStream, dataVersion: () => 'unchanged', clientAddress: () => '127.0.0.1' };
  return withStoreApp({ adminToken, parts }, (app) => withServer(app.app, (send) => work(app, send)));
}

describe('a response that a shared cache may store', () => {
  it(
    'depends only on the request headers in its Vary',
    () =>
      withWholeApp(async (app, send) => {
        const faults: string[] = [];
        for (const path of pathsOf(app)) faults.push(...(await undeclared(send, path)));
        expect(faults).toEqual([]);
        expect(pathsOf(app).length).toBeGreaterThan(30);
      }),
    60_000,
  );

  it('varies by content coding only', () =>
    withWholeApp(async (app, send) => {
      const varied: string[] = [];
      for (const path of pathsOf(app)) {
        for (const headers of [{}, { 'sec-fetch-dest': 'document', accept: 'text/html' }]) {
          const got = await send('GET', path, headers);
          const vary = got.headers['vary'];
          if (isStored(got) && vary !== undefined && vary !== 'Accept-Encoding') varied.push(`${path}: ${vary}`);
        }
      }
      expect(varied).toEqual([]);
    }));

  it('contains no form of one client: a page with a form is private', () =>
    withWholeApp(async (app, send) => {
      const withForm: string[] = [];
      for (const path of pathsOf(app)) {
        const got = await send('GET', path);
        if (got.body.match(tokens) === null) continue;
        withForm.push(path);
        expect(isStored(got), path).toBe(false);
      }
      expect(withForm).toEqual(['/items/1']);
    }));

  it('sets no cookie, and no response below /admin may be stored', () =>
    withWholeApp(async ({ request }) => {
      const signedIn = await request('/admin/sign-in', { form: { token: adminToken } });
      const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      const answers = [signedIn, await request('/admin/sign-in', { form: { token: 'wrong' } })];
      for (const path of ['/admin', '/admin/comments', '/admin/nope']) {
        for (const headers of [{}, { cookie }]) answers.push(await request(path, { headers }));
      }
      expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(answers.map(() => 'no-store'));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 303, 401, 404]));
    }));
});

describe('HEAD', () => {
  it(
    'has exactly the headers of GET, errors included, and no body',
    () =>
      withWholeApp(async (app, send) => {
        const statuses = new Set<number>();
        for (const path of pathsOf(app)) {
          for (const headers of [{}, { 'accept-encoding': 'br' }, { accept: 'application/json' }]) {
            const get = await send('GET', path, headers);
            const head = await send('HEAD', path, headers);
            statuses.add(head.status);
            // The compressed lengths of two forms can differ.
            const isOwn = path === '/items/1' && 'accept-encoding' in headers;
            const length = isOwn ? { 'content-length': head.headers['content-length'] } : {};
            expect({ path, ...head }).toEqual({ path, ...get, headers: { ...get.headers, ...length }, body: '' });
            if (![301, 303].includes(get.status)) {
              expect(head.headers['content-length'], path).toMatch(/^[1-9]\d*$/);
            }
          }
        }
        expect([...statuses].sort()).toEqual([200, 301, 303, 400, 404, 426]);
      }),
    60_000,
  );
});

describe('a CORS preflight', () => {
  const asking = (method: string) => ({
    origin: 'https://reader.example.org',
    'access-control-request-method': method,
    'access-control-request-headers': 'if-none-match,last-event-id',
  });

  it.each([
    '/feed.rss',
    '/feed.atom?limit=5',
    '/feed.json',
    '/sections/world/feed.rss',
    '/sources/a/feed.json',
    '/opml.xml',
    '/feed',
    '/rss.xml',
    '/api/items',
    '/api/events?after=head',
    '/events?section=World',
  ])('of %s is answered 204 and allows any site to send validators and a cursor', (path) =>
    withStoreApp({ parts: { eventStream: (c) => c.text('stream') } }, ({ app }) =>
      withServer(app, async (send) => {
        const { status, headers, body } = await send('OPTIONS', path, asking('GET'));
        expect([status, body]).toEqual([204, '']);
        expect(headers['access-control-allow-origin']).toBe('*');
        expect(headers['access-control-allow-methods']).toBe('GET, HEAD');
        const allowed = (headers['access-control-allow-headers'] ?? '').toLowerCase().split(', ');
        expect(allowed).toEqual(
          expect.arrayContaining(['if-none-match', 'if-modified-since', 'last-event-id', 'cache-control']),
        );
        const got = await send('GET', path, { origin: 'https://reader.example.org' });
        if (!path.startsWith('/events')) expect(got.headers['access-control-allow-origin']).toBe('*');
      }),
    ));

  it.each(['/', '/items/1', '/admin', '/search'])('of %s, which is for our own pages only, is refused', (path) =>
    withStoreApp({ adminToken }, ({ app }) =>
      withServer(app, async (send) => {
        const { status, headers } = await send('OPTIONS', path, asking('GET'));
        expect(status).toBe(405);
        expect(headers['access-control-allow-origin']).toBeUndefined();
      }),
    ));
});
