import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ItemsPage } from '../../src/domain/events/wire.ts';
import { rssDocument } from '../support/documents.ts';
import { startOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const channel = { title: 'Example', link: 'https://www.example.org/' };
const local = (title: string): string => rssDocument(channel, [{ guid: title, title, text: 'x' }]);

function homeWith(yaml: string): Home {
  const home = makeHome(yaml);
  cleanups.push(() => home.remove());
  return home;
}

async function serve(home: Home): Promise<ServerProcess> {
  const server = await startServer(home);
  cleanups.push(() => server.end('SIGKILL'));
  return server;
}

async function titles(server: ServerProcess): Promise<string[]> {
  return ((await (await fetch(`${server.url}/api/items`)).json()) as ItemsPage).items.map((item) => item.title);
}

function seen(server: ServerProcess, title: string, deadlineMs?: number): Promise<true> {
  return until(`the item "${title}"`, async () => ((await titles(server)).includes(title) ? true : null), deadlineMs);
}

const broken = `site:
  titel: Misspelt
sources:
  - url: ftp://example.org/rss
  - url: https://example.org/a.xml
    interval: fortnightly
  - url: https://example.org/b.xml
    headers: { Authorization: "Bearer \${NOT_SET_ANYWHERE}" }
  - url: https://example.org/c.xml
    keep: "("
`;

describe('a sources.yaml with five errors', () => {
  it.each(['check', 'serve'])('is rejected by %s with all five lines and exit code 2', async (command) => {
    const home = homeWith(broken);
    const result = await runCommand(home, [command], { PORT: '0' });
    expect(result.code).toBe(2);
    for (const line of [2, 4, 6, 8, 10]) expect(result.stderr).toContain(`sources.yaml:${line}: `);
    expect(result.stderr).not.toMatch(/\bat .*\.(ts|js):\d+/);
  });
});

describe('a running server', () => {
  it('polls an added source and drops a removed one within two seconds', async () => {
    const home = homeWith('sources:\n  - { url: "file:one.xml", id: one }\n');
    home.write('one.xml', local('From the first file'));
    const server = await serve(home);
    await seen(server, 'From the first file');
    home.write('two.xml', local('From the second file'));
    home.write('more.yaml', 'sources:\n  - { url: "file:two.xml", id: two }\n');
    await seen(server, 'From the second file', 5_000);
    const ids = async (): Promise<string[]> =>
      ((await (await fetch(`${server.url}/api/sources`)).json()) as { sources: { id: string }[] }).sources.map(
        (s) => s.id,
      );
    expect(await ids()).toEqual(expect.arrayContaining(['one', 'two']));
    rmSync(path.join(home.feeds, 'more.yaml'));
    await until('the source to go', async () => ((await ids()).includes('two') ? null : true), 8_000);
    expect(await titles(server)).toContain('From the second file');
  });

  it('rereads a local file when it changes, and at start if it changed meanwhile', async () => {
    const home = homeWith('sources:\n  - { url: "file:one.xml", id: one }\n');
    home.write('one.xml', local('As it was'));
    const server = await serve(home);
    await seen(server, 'As it was');
    home.write('one.xml', local('As it is'));
    await seen(server, 'As it is', 5_000);
    await server.end('SIGTERM');
    home.write('one.xml', local('Changed while away'));
    const again = await serve(home);
    await seen(again, 'Changed while away', 5_000);
  });

  it('keeps the active declarations if a file becomes invalid, logs it, and activates the corrected file', async () => {
    const home = homeWith('sources:\n  - { url: "file:one.xml", id: one }\n');
    home.write('one.xml', local('Before'));
    const server = await serve(home);
    await seen(server, 'Before');
    home.write('sources.yaml', broken);
    await until('a line about sources.yaml:4', () => (server.output().includes('sources.yaml:4') ? true : null), 5_000);
    home.write('one.xml', local('While the file is bad'));
    await seen(server, 'While the file is bad', 5_000);
    home.write('two.xml', local('After'));
    home.write(
      'sources.yaml',
      'sources:\n  - { url: "file:one.xml", id: one }\n  - { url: "file:two.xml", id: two }\n',
    );
    await seen(server, 'After', 5_000);
  });

  it('polls an added origin without waiting for the next tick', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: local('From the origin') });
    const home = homeWith('sources:\n  - { url: "file:one.xml", id: one }\n');
    home.write('one.xml', local('Local'));
    const server = await serve(home);
    await seen(server, 'Local');
    home.write('origin.yaml', `sources:\n  - { url: "${origin.url}/rss.xml" }\n`);
    await seen(server, 'From the origin', 5_000);
  });
});

describe('an unusable database', () => {
  it('is a clear error at start with exit code 2, and the file is unchanged', async () => {
    const home = homeWith('sources:\n  - { url: "file:one.xml", id: one }\n');
    const file = path.join(home.folder, 'newswire.sqlite');
    writeFileSync(file, 'this is a shopping list, not a database\n'.repeat(100));
    const before = readFileSync(file);
    const result = await runCommand(home, ['serve'], { PORT: '0' });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('DATABASE_URL');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('rejects a second polling process on the same file', async () => {
    const home = homeWith('sources:\n  - { url: "file:one.xml", id: one }\n');
    home.write('one.xml', local('Held'));
    const server = await serve(home);
    await seen(server, 'Held');
    const result = await runCommand(home, ['serve'], { PORT: '0' });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('DATABASE_URL');
    await seen(server, 'Held');
  });
});
