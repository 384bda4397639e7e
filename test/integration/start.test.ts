import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { type Home, makeHome, runCommand, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function home(): Home {
  const made = makeHome('sources:\n  - { url: "file:one.xml", id: one, section: World }\n');
  made.write(
    'one.xml',
    rssDocument({ title: 'One', link: 'https://www.example.org/' }, [{ guid: '1', title: 'Here', text: 'x' }]),
  );
  cleanups.push(() => made.remove());
  return made;
}

describe('a start that cannot succeed', () => {
  it('names a port that is in use and the remedy, and exits with 2', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => other.close(resolve)));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const result = await runCommand(home(), ['serve'], { PORT: port });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`127.0.0.1:${port} is in use`);
    expect(result.stderr).toContain('set PORT');
  });

  it('reports all invalid variables together, and exits with 2', async () => {
    const result = await runCommand(home(), ['serve'], {
      PORT: 'many',
      ALLOW_PRIVATE_NETWORKS: 'here',
      LOG_LEVEL: 'loud',
    });
    expect(result.code).toBe(2);
    for (const name of ['PORT', 'ALLOW_PRIVATE_NETWORKS', 'LOG_LEVEL']) expect(result.stderr).toContain(`${name}: `);
  });

  it('reports that another database engine is not supported', async () => {
    const result = await runCommand(home(), ['serve'], {
      PORT: '0',
      DATABASE_URL: 'postgres://user:hidden@localhost/x',
    });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('DATABASE_URL');
    expect(result.stderr).not.toContain('hidden');
  });

  it('reports that FEEDS_DIR does not exist, and exits with 2', async () => {
    const result = await runCommand(home(), ['serve'], { PORT: '0', FEEDS_DIR: path.join('no', 'such', 'folder') });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('FEEDS_DIR');
  });
});

describe('the log of a server', () => {
  it('names refresh and remedy of a failed poll, and why and how the server ended', async () => {
    const made = home();
    made.write('missing.yaml', 'sources:\n  - { url: "file:none.xml", id: none }\n');
    const server = await startServer(made, { LOG_LEVL: 'debug' });
    cleanups.push(() => server.end('SIGKILL'));
    const lines = (): Record<string, unknown>[] =>
      server
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const failed = await until('the failed poll', () => lines().find(({ msg }) => msg === 'refresh failed'));
    expect(failed).toMatchObject({ source: 'none', failure: 'file_missing', detail: expect.any(String) });
    expect(failed).toMatchObject({
      refresh: expect.stringMatching(/^[0-9a-f]{8}$/),
      remedy: expect.stringMatching(/./),
    });
    expect(await server.end('SIGINT')).toBe(0);
    expect(lines()[0]).toMatchObject({ msg: 'unknown variable LOG_LEVL; did you mean LOG_LEVEL?' });
    expect(lines().find(({ msg }) => msg === 'stopping')).toMatchObject({ reason: 'signal', signal: 'SIGINT' });
    expect(lines().at(-1)).toMatchObject({ msg: 'stopped', code: 0 });
  });
});

describe('a second start', () => {
  it('warns of a database that other users can read, with the command that fixes it', async () => {
    const made = home();
    const server = await startServer(made);
    await server.end('SIGTERM');
    expect(server.output()).not.toContain('chmod');
    const file = path.join(made.folder, 'newswire.sqlite');
    chmodSync(file, 0o644);
    const again = await startServer(made);
    cleanups.push(() => again.end('SIGKILL'));
    const line =
      again
        .output()
        .split('\n')
        .find((one) => one.includes('chmod')) ?? '{}';
    const { level, remedy, files } = JSON.parse(line) as { level: number; remedy: string; files: unknown[] };
    expect(level).toBe(40);
    expect(remedy).toContain(`chmod 600 '${file}'`);
    expect(files).toContainEqual({ file, mode: '0644' });
  });

  it('finds the items that were stored before a stop by SIGINT', async () => {
    const made = home();
    const server = await startServer(made);
    await until('the item', async () =>
      (await (await fetch(`${server.url}/feed.rss`)).text()).includes('Here') ? true : null,
    );
    await server.end('SIGINT');
    const again = await startServer(made);
    cleanups.push(() => again.end('SIGKILL'));
    expect(await (await fetch(`${again.url}/feed.rss`)).text()).toContain('Here');
  });

  it('keeps the epoch and the head of the log', async () => {
    const made = home();
    const server = await startServer(made);
    const cursorOf = async (url: string): Promise<string> =>
      ((await (await fetch(`${url}/api/items`)).json()) as { cursor: string }).cursor;
    await until('the item', async () => ((await cursorOf(server.url)).endsWith('-1') ? true : null));
    const before = await cursorOf(server.url);
    await server.end('SIGKILL');
    const again = await startServer(made);
    cleanups.push(() => again.end('SIGKILL'));
    expect(await cursorOf(again.url)).toBe(before);
  });
});
