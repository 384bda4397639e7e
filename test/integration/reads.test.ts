import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { type ItemServer, startItemServer } from '../support/web/item-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const env = { TRUSTED_PROXIES: '127.0.0.0/8' };
const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Opens the item's page as the browser of a visitor. */
async function visit(url: string, visitor: number): Promise<void> {
  const headers = { 'user-agent': agent, 'x-forwarded-for': `198.51.100.${visitor}` };
  const response = await fetch(`${url}/items/1`, { headers });
  expect(response.status).toBe(200);
  await response.text();
}

function reads({ sql }: ItemServer): number {
  const [row] = sql('select reads from item_count where item_id = 1') as { reads: number }[];
  return row?.reads ?? 0;
}

describe('read counts', () => {
  it('count each visitor once over two nodes and a restart', async () => {
    const first = await startItemServer({ env });
    cleanups.push(() => first.close());
    const second = await startServer(first.home, { ...env, ROLES: 'serve' });
    cleanups.push(() => second.end('SIGKILL'));
    for (let round = 0; round < 2; round += 1) {
      for (let visitor = 1; visitor <= 20; visitor += 1) {
        await visit(visitor % 2 === round ? first.url : second.url, visitor);
      }
    }
    await visit(second.url, 21);
    // Buffered visits are stored before the process exits.
    expect(await second.end('SIGTERM')).toBe(0);
    await until('both have counted', () => reads(first) === 21 || null);
    const again = await startServer(first.home, { ...env, ROLES: 'serve' });
    cleanups.push(() => again.end('SIGKILL'));
    for (let visitor = 1; visitor <= 22; visitor += 1) await visit(again.url, visitor);
    expect(await again.end('SIGTERM')).toBe(0);
    expect(reads(first)).toBe(22);
  });

  it('lose at most the visits of the last second when the process is killed', async () => {
    const server = await startItemServer({ env });
    cleanups.push(() => server.close());
    for (let visitor = 1; visitor <= 5; visitor += 1) await visit(server.url, visitor);
    await until('they are counted', () => reads(server) === 5 || null);
    await visit(server.url, 6);
    await server.server.end('SIGKILL');
    const next = await startServer(server.home, env);
    cleanups.push(() => next.end('SIGKILL'));
    for (let visitor = 1; visitor <= 6; visitor += 1) await visit(next.url, visitor);
    expect(await next.end('SIGTERM')).toBe(0);
    expect(reads(server)).toBe(6);
  });

  it('include at most 30 visitors of one address for each item and day, whatever user agents it sends', async () => {
    const server = await startItemServer({ env });
    cleanups.push(() => server.close());
    for (let number = 1; number <= 300; number += 1) {
      const headers = { 'user-agent': `${agent} ${number}`, 'x-forwarded-for': '198.51.100.200' };
      await (await fetch(`${server.url}/items/1`, { headers })).text();
    }
    await visit(server.url, 1);
    await until('others are counted', () => reads(server) >= 31 || null);
    expect(await server.server.end('SIGTERM')).toBe(0);
    expect(reads(server)).toBe(31);
  });

  it('are shown for the same item in the list of most read items', async () => {
    const server = await startItemServer({ env });
    cleanups.push(() => server.close());
    for (let visitor = 1; visitor <= 3; visitor += 1) await visit(server.url, visitor);
    const list = await until('the list is there', async () => {
      const response = await fetch(`${server.url}/api/most-read?hours=24`);
      const { items } = (await response.json()) as { items: { reads: number; item: { id: number } }[] };
      return items[0]?.reads === 3 ? items : null;
    });
    expect(list.map(({ item }) => item.id)).toEqual([1]);
  });
});
