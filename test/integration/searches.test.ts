import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startItemServer } from '../support/web/item-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The child processes of a process. Linux only. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

function opensDatabase(pid: number): boolean {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').includes('newswire.sqlite-shm');
}

describe.runIf(process.platform === 'linux')('a search that does not end', () => {
  it('delays no other request, and is refused with a Retry-After', async () => {
    const server = await startItemServer();
    cleanups.push(() => server.close());
    expect(await (await fetch(`${server.url}/search?q=council`)).text()).toContain('href="/items/1"');
    const readers = childrenOf(server.server.pid).filter(opensDatabase);
    expect(readers.length).toBeGreaterThan(0);
    for (const pid of readers) process.kill(pid, 'SIGSTOP');
    let ended = false;
    const search = fetch(`${server.url}/search?q=met`).then((answer) => {
      ended = true;
      return answer;
    });
    for (const path of ['/healthz', '/', '/items/1', '/feed.rss', '/sections/world', '/api/items']) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(200);
    }
    expect(ended).toBe(false);
    const refused = await search;
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.text()).toContain('takes too long');
    // A new process has replaced the killed one.
    expect(await (await fetch(`${server.url}/search?q=met`)).text()).toContain('href="/items/1"');
    expect(await server.server.end('SIGTERM')).toBe(0);
  });
});
