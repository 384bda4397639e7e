import { afterEach, describe, expect, it } from 'vitest';
import type { ItemsPage } from '../../src/domain/events/wire.ts';
import { rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, runCommand, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('an item that the operator withdraws while the server runs', () => {
  it('is removed from open connections, pages and feeds, and restored by --undo', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const entries = [
      { guid: 'a-1', title: 'A wrong report', link: 'https://www.example.org/wrong', text: 'Text.' },
      { guid: 'a-2', title: 'A right report', link: 'https://www.example.org/right', text: 'Text.' },
    ];
    const body = rssDocument({ title: 'Wire', link: 'https://www.example.org/' }, entries);
    origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire }\n`);
    cleanups.push(() => home.remove());
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    const items = async () => ((await (await fetch(`${server.url}/api/items`)).json()) as ItemsPage).items;
    const wrong = await until('the item', async () => (await items()).find(({ title }) => title === 'A wrong report'));
    const live = await connectLive(server.url, '?after=head');
    cleanups.push(() => live.close());
    await live.first('live');
    const feed = await fetch(`${server.url}/feed.atom`);
    const entry = (await feed.text()).split('<entry>').find((part) => part.includes('A wrong report'));
    const uuid = /<id>(urn:uuid:[^<]+)<\/id>/.exec(entry ?? '')?.[1];

    const done = await runCommand(home, ['withdraw', wrong.page, '--json'], { PUBLIC_URL: server.url });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const removed = await until('the removal on the WebSocket', () => live.applied[0]);
    expect(removed).toMatchObject({ op: 'remove', item: { id: wrong.id, url: wrong.url } });
    const page = await fetch(wrong.page);
    expect(page.status).toBe(410);
    expect(await page.text()).toContain('withdrawn');
    expect((await items()).map(({ title }) => title)).toEqual(['A right report']);
    const after = await fetch(`${server.url}/feed.atom`, {
      headers: { 'if-none-match': feed.headers.get('etag') ?? '' },
    });
    expect(after.status).toBe(200);
    expect(uuid).toBeDefined();
    expect(await after.text()).toContain(`<at:deleted-entry ref="${uuid}" when="`);

    const again = await runCommand(home, ['withdraw', String(wrong.id)]);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^newswire: item \d+ was withdrawn .*; --undo restores it\n$/);
    expect((await runCommand(home, ['withdraw', '--undo', String(wrong.id)])).code).toBe(0);
    await until('the item on the WebSocket again', () => live.applied[1]);
    expect(live.applied[1]).toMatchObject({ op: 'update', item: { title: 'A wrong report' } });
    expect((await fetch(wrong.page)).status).toBe(200);
  });
});
