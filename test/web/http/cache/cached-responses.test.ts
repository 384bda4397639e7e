import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync } from 'node:zlib';
import { getRequestListener } from '@hono/node-server';
import { describe, expect, it } from 'vitest';
import type { AppContext } from '../../../../src/web/shared/app-context.ts';
import { draft, minute, noon } from '../../../support/store-fixture.ts';
import { browserAgent, type StoreApp, withStoreApp } from '../../../support/web/store-app.ts';

interface Got {
  readonly status: number;
  /** As they stand on the wire, in order of their names, but for the date. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

type Ask = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Got>;

interface Served extends StoreApp {
  /** From a server that gives what is kept itself. */
  readonly first: Ask;
  /** From one that leaves all to the app. */
  readonly plain: Ask;
  /** How often the first had to ask the app. */
  appAsked(): number;
  /** Has every look at the state of the store fail. */
  breakMark(): void;
}

async function withServed(work: (served: Served) => Promise<void>, over: Partial<AppContext> = {}): Promise<void> {
  let mark = (): string | null => null;
  await withStoreApp({ parts: { stateMark: () => mark(), ...over } }, async (room) => {
    mark = () => String(room.store.dataVersion());
    // The globals are those of other tests too.
    const listener = getRequestListener(room.app.fetch, { overrideGlobalObjects: false });
    let asked = 0;
    const counting: RequestListener = (incoming, outgoing) => {
      asked += 1;
      void listener(incoming, outgoing);
    };
    const servers = [room.app.kept.before(counting), listener].map((one) => createServer(one));
    try {
      const asks: Ask[] = [];
      for (const server of servers) {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        asks.push((path, headers = {}) => askOf(port, path, headers));
      }
      const [first, plain] = asks;
      if (first === undefined || plain === undefined) throw new Error('no servers');
      const breakMark = (): void => {
        mark = () => {
          throw new Error('no database');
        };
      };
      await work({ ...room, first, plain, appAsked: () => asked, breakMark });
    } finally {
      for (const server of servers) server.close().closeAllConnections();
    }
  });
}

function askOf(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Got> {
  return new Promise((resolve, reject) => {
    const said = { 'user-agent': browserAgent, ...headers };
    const asked = request({ host: '127.0.0.1', port, path, headers: said, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { rawHeaders } = response;
        const lines = rawHeaders.flatMap((name, index) => (index % 2 ? [] : [`${name}: ${rawHeaders[index + 1]}`]));
        const kept = lines.filter((line) => !line.startsWith('Date:')).toSorted();
        resolve({ status: response.statusCode ?? 0, headers: kept, body: Buffer.concat(chunks) });
      });
      response.on('error', reject);
    });
    asked.on('error', reject).end();
  });
}

const host = { host: 'news.example.com' };
const tokens = /[0-9a-z]+\.[0-9a-f-]{36}\.[\w-]{22}/g;
const tagOf = ({ headers }: Got): string => headers.find((line) => line.startsWith('etag:'))?.slice(6) ?? '';

describe('a server that gives what is kept before it asks the app', () => {
  it.each([
    '/',
    '/sections/world',
    '/feed.rss',
    '/feed.json?limit=5',
  ])('writes the same as the app, to the last header: %s', (path) =>
    withServed(async ({ first, plain, appAsked }) => {
      for (const headers of [host, { ...host, 'accept-encoding': 'br' }, { ...host, 'sec-fetch-dest': 'document' }]) {
        await first(path, headers);
        // The first after another coding was asked for has it made.
        const wanted = await plain(path, headers);
        const before = appAsked();
        expect(await first(path, headers)).toEqual(wanted);
        const held = { ...headers, 'if-none-match': tagOf(wanted) };
        const notModified = await first(path, held);
        expect(appAsked()).toBe(before);
        expect(notModified).toEqual(await plain(path, held));
        expect([notModified.status, notModified.body.length]).toEqual([304, 0]);
      }
    }));

  it('gives each reader of an item a form of his own and counts him, and a 304 to whoever holds the page', () =>
    withServed(async ({ first, plain, item, appAsked, flush, store }) => {
      const path = `/items/${item}`;
      // Nobody who is counted: a count would be committed some time later.
      const robot = { ...host, 'user-agent': 'curl/8' };
      await plain(path, robot);
      const pages = [await plain(path, robot), await first(path, robot), await first(path, host)];
      expect(appAsked()).toBe(0);
      const found = pages.map(({ body }) => [...new Set(body.toString().match(tokens))]);
      expect(found.map((all) => all.length)).toEqual([1, 1, 1]);
      expect(new Set(found.flat()).size).toBe(3);
      const [wanted, ...others] = pages.map((page) => ({ ...page, body: page.body.toString().replace(tokens, '') }));
      for (const other of others) expect(other).toEqual(wanted);
      const held = await first(path, { ...host, 'if-none-match': pages[0] === undefined ? '' : tagOf(pages[0]) });
      expect(held.status).toBe(304);
      await flush();
      const counted = await store.reader.selectFrom('item_count').select('reads').where('item_id', '=', item).execute();
      expect(counted).toEqual([{ reads: 1 }]);
    }));

  it('leaves a page of one reader that is to be compressed to the app', () =>
    withServed(async ({ first, item, appAsked }) => {
      const path = `/items/${item}`;
      await first(path, host);
      const coded = await first(path, { ...host, 'accept-encoding': 'br' });
      expect(brotliDecompressSync(coded.body).toString()).toMatch(tokens);
      expect(appAsked()).toBe(2);
    }));

  it('shows what was committed a moment ago', () =>
    withServed(async ({ first, room }) => {
      for (let time = 0; time < 2; time += 1) await first('/feed.rss', host);
      await room.read('a', [draft('two'), draft('one')], noon + minute);
      expect((await first('/feed.rss', host)).body.toString()).toContain('Title of two');
    }));

  it('gives nothing after the end of the minute of a page with a time in it', () =>
    withServed(async ({ first, clock, appAsked }) => {
      for (let time = 0; time < 4; time += 1) await first('/', host);
      expect(appAsked()).toBe(2);
      await clock.advance(minute);
      await first('/', host);
      expect(appAsked()).toBe(3);
    }));

  it('counts each fetch of a whole feed once, and refuses the 121st', () =>
    withServed(
      async ({ first, appAsked }) => {
        const statuses: number[] = [];
        for (let time = 0; time < 121; time += 1) statuses.push((await first('/feed.rss', host)).status);
        expect(statuses.indexOf(429)).toBe(120);
        const before = appAsked();
        const held = { ...host, 'if-modified-since': 'Thu, 01 Jan 2099 00:00:00 GMT' };
        expect((await first('/feed.rss', held)).status).toBe(304);
        expect(appAsked()).toBe(before);
      },
      { clientAddress: () => '192.0.2.9' },
    ));

  it.each([
    'bad host',
    'user@news.example.com',
    '1.2.3:80',
    '[::1',
  ])('leaves it to the app to refuse the host %j, whatever is kept', (bad) =>
    withServed(async ({ first, appAsked }) => {
      for (let time = 0; time < 4; time += 1) await first('/', host);
      expect((await first('/', { host: bad })).status).toBe(400);
      expect(appAsked()).toBe(3);
    }));

  it.each([
    'localhost',
    '127.0.0.1:3000',
    'news.example.com:65535',
    '[::1]:3000',
    'NEWS.example.com:80',
  ])('answers under the host %j as the app does', (name) =>
    withServed(async ({ first, plain }) => {
      for (let time = 0; time < 2; time += 1) await first('/', host);
      expect(await first('/', { host: name })).toEqual(await plain('/', { host: name }));
    }));

  it('leaves it to the app to tell of a fault', () =>
    withServed(async ({ first, breakMark }) => {
      for (let time = 0; time < 2; time += 1) await first('/', host);
      breakMark();
      expect((await first('/', host)).status).toBe(500);
    }));
});
