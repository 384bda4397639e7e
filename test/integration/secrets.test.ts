import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, runCommand, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const secrets = { FEED_TOKEN: 'tok-7f3a9c21', FEED_USER: 'user-5d1e', FEED_PASSWORD: 'pass-88aa' };
const env = { ...secrets, LOG_LEVEL: 'trace' };

/** The names of the secrets that a text contains. */
function toldBy(text: string): string[] {
  return Object.entries(secrets).flatMap(([name, value]) => (text.includes(value) ? [name] : []));
}

describe('secrets in the URL of a source', () => {
  it('appear in requests only, not in pages, feeds, API, commands, log and database', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const asked = `/feed?token=${secrets.FEED_TOKEN}`;
    // Publishers repeat the token of a subscriber in links.
    const link = `https://www.example.org/1?token=${secrets.FEED_TOKEN}`;
    const entry = { guid: link, title: 'Harbour opens', link, text: 'Text.' };
    const body = rssDocument({ title: 'Example Wire', link: 'https://www.example.org/' }, [entry]);
    origin.on('/feed', { headers: { 'content-type': 'application/rss+xml' }, body });
    origin.on('/gone', { status: 301, headers: { location: `/nowhere${asked}` } });
    const base = origin.url.replace('http://', `http://\${FEED_USER}:\${FEED_PASSWORD}@`);
    const home = makeHome('');
    cleanups.push(() => home.remove());
    const file = path.join(home.folder, 'feed-token');
    writeFileSync(file, `${secrets.FEED_TOKEN}\n`);
    const list = [`${base}/feed?token=\${file:${file}}`, `${base}/gone?token=\${FEED_TOKEN}`];
    home.write('sources.yaml', `sources:\n${list.map((url) => `  - url: "${url}"\n`).join('')}`);
    const server = await startServer(home, env);
    cleanups.push(() => server.end('SIGKILL'));
    const read = async (at: string) => (await fetch(`${server.url}${at}`)).text();

    await until('the item', async () => (await read('/api/items')).includes('Harbour opens') || null);
    await until('the other source to be asked', () => origin.to('/nowhere/feed')[0] ?? null);
    await until('its failure', async () => (await read('/api/sources')).includes('"failing"') || null);
    expect(origin.to('/feed')[0]?.path).toBe(asked);

    const sources = await read('/api/sources');
    expect(sources).toContain(`${origin.url}/feed?token=***`);
    const [{ id = '' } = {}] = (JSON.parse(sources) as { sources: { id: string }[] }).sources;
    const places = [
      '/',
      '/sources',
      '/status',
      '/about',
      '/api/items',
      '/feed.rss',
      '/feed.atom',
      '/feed.json',
      '/opml.xml',
    ];
    for (const place of [...places, `/sources/${id}/feed.atom`, '/items/1', '/api/events?after=floor', '/metrics']) {
      expect([place, toldBy(await read(place))]).toEqual([place, []]);
    }
    expect(await read('/feed.rss')).toContain('token=***');

    for (const args of [['sources'], ['sources', '--json'], ['check'], ['check', '--json', '--print-config']]) {
      const { stdout, stderr } = await runCommand(home, args, secrets);
      expect([args, toldBy(`${stdout}${stderr}`)]).toEqual([args, []]);
      expect(stdout).toContain(id);
    }
    expect(await server.end()).toBe(0);
    expect(toldBy(server.output())).toEqual([]);
    const files = readdirSync(home.folder).filter((name) => name.startsWith('newswire.sqlite'));
    expect(files).toContain('newswire.sqlite');
    for (const name of files) {
      expect([name, toldBy(readFileSync(path.join(home.folder, name), 'latin1'))]).toEqual([name, []]);
    }
  });
});
