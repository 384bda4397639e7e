import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { exportOf500, heading, opml, outline } from '../support/opml.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const local = rssDocument({ title: 'Local', link: 'https://www.example.org/' }, [
  { guid: '1', title: 'Local', text: 'x' },
]);

function homeWith(yaml: string): Home {
  const home = makeHome(yaml);
  cleanups.push(() => home.remove());
  home.write('local.xml', local);
  return home;
}

async function serve(home: Home, env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer(home, env);
  cleanups.push(() => server.end('SIGKILL'));
  return server;
}

async function anOrigin(): Promise<Origin> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  return origin;
}

const sourcesOf = async ({ url }: ServerProcess): Promise<{ id: string; section: string }[]> =>
  ((await (await fetch(`${url}/api/sources`)).json()) as { sources: { id: string; section: string }[] }).sources;

const statusOf = async ({ url }: ServerProcess): Promise<string> => await (await fetch(`${url}/status`)).text();

describe('a server with a remote list', () => {
  it('polls its sources, and keeps them over a kill while the list fails', async () => {
    const origin = await anOrigin();
    const feed = (name: string) => outline(`${origin.url}/${name}.xml`, `text="Feed ${name}"`);
    origin.on(
      '/feeds.opml',
      { headers: { etag: '"1"' }, body: opml(heading('Blogs', feed('a'), feed('b'))) },
      { status: 500 },
    );
    for (const name of ['a', 'b']) origin.on(`/${name}.xml`, { headers: { 'content-type': 'text/xml' }, body: local });
    const home = homeWith(
      `sources:\n  - url: file:local.xml\n  - opml: "${origin.url}/feeds.opml?key=$\u007bLIST_KEY}"\n`,
    );
    const env = { ALLOW_PRIVATE_NETWORKS_FOR_ALL: '127.0.0.0/8', LIST_KEY: 'secret-of-the-list' };
    const server = await serve(home, env);
    await until('the sources of the list', async () => (await sourcesOf(server)).length === 3);
    expect((await sourcesOf(server)).map(({ id, section }) => `${id} ${section}`).sort()).toEqual([
      'feed-a Blogs',
      'feed-b Blogs',
      'local-xml News',
    ]);
    expect(server.output()).toContain('"added":2,"removed":0,"changed":0');
    await until('a poll of a source of the list', () => origin.to('/a.xml').length > 0);
    await server.end('SIGKILL');
    // Other headers: the list is read again at the start.
    home.write(
      'sources.yaml',
      `sources:\n  - url: file:local.xml\n  - opml: "${origin.url}/feeds.opml?key=$\u007bLIST_KEY}"\n    headers: { X-Try: "2" }\n`,
    );
    const again = await serve(home, env);
    await until('a warning on the status page', async () => (await statusOf(again)).includes('cannot be read'));
    expect((await sourcesOf(again)).length).toBe(3);
    expect(await statusOf(again)).toContain('its 2 sources stay');
    expect(await statusOf(again)).toContain('feeds.opml?key=***');
    expect(server.output() + again.output()).not.toContain('secret-of-the-list');
  });

  it('does not let a list choose a private address, although the list itself is at one', async () => {
    const origin = await anOrigin();
    origin.on('/feeds.opml', {
      body: opml(`${outline(`${origin.url}/a.xml`)}${outline('https://feeds.example.org/b.xml')}`),
    });
    const server = await serve(homeWith(`sources:\n  - url: file:local.xml\n  - opml: ${origin.url}/feeds.opml\n`));
    await until('the source of the list', async () => (await sourcesOf(server)).length === 2);
    expect(await statusOf(server)).toContain('1 unusable outlines');
    expect(origin.to('/a.xml')).toHaveLength(0);
  });
});

describe('an export of 500 outlines in the folder of a running server', () => {
  it('adds 465 sources, shows the others on the status page, and does not block the next reload', async () => {
    const origin = await anOrigin();
    const home = homeWith('sources:\n  - url: file:local.xml\n');
    const server = await serve(home);
    home.write('export.opml', exportOf500(origin.url));
    await until('the sources of the export', async () => (await sourcesOf(server)).length === 466);
    const status = await statusOf(server);
    expect(status).toContain('The configuration has warnings');
    expect(status.match(/<strong>export\.opml:\d+<\/strong>/g)).toHaveLength(35);
    home.write('more.yaml', 'sources:\n  - url: file:more.xml\n');
    await until('the next reload', async () => (await sourcesOf(server)).some(({ id }) => id === 'more-xml'));
    expect(server.output()).toContain('"added":465,"removed":0,"changed":0');
  });
});
