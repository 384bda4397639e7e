import { afterEach, describe, expect, it } from 'vitest';
import type { WireItem } from '../../src/domain/events/wire.ts';
import { rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const count = 200;
const entries = Array.from({ length: count }, (_, index) => ({
  guid: `entry-${index}`,
  title: `Bulletin number ${index}`,
  link: `https://www.example.org/bulletins/${index}`,
  date: new Date(Date.UTC(2026, 0, 1, 0, index)),
  // Long texts, so that the refresh takes several batches.
  text: `Bulletin ${index}. ${'The lock keepers met the council again. '.repeat(60)}`,
}));

async function everyEvent(url: string): Promise<{ seq: number; op: string; item: WireItem }[]> {
  const events: { seq: number; op: string; item: WireItem }[] = [];
  for (let after = 'floor'; ; ) {
    const response = await fetch(`${url}/api/events?after=${after}&limit=100`);
    const page = (await response.json()) as { events: typeof events; cursor: string };
    if (page.events.length === 0) return events;
    events.push(...page.events);
    after = page.cursor;
  }
}

describe('kill -9 in the middle of a refresh of 200 items', () => {
  it.each([
    1, 60, 150,
  ])('after %i events loses no item, stores none twice and leaves no gap in the log', async (killAfter) => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const body = rssDocument({ title: 'Bulletins', link: 'https://www.example.org/' }, entries);
    origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml', etag: '"one"' }, body });
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: bulletins }\n`);
    cleanups.push(() => home.remove());

    const victim = await startServer(home);
    const before = await connectLive(victim.url, '?after=floor&backfill=true');
    await until('enough events', () => (before.applied.length >= killAfter ? true : null));
    await victim.end('SIGKILL');
    await before.closed;
    const held = before.applied.map((event) => event.seq);

    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    const after = await connectLive(server.url, `?after=${before.cursor()}&backfill=true`);
    cleanups.push(() => after.close());
    const stored = await until('all items', async () => {
      const events = await everyEvent(server.url);
      return events.length >= count ? events : null;
    });
    await until('all events on the reconnected socket', () =>
      held.length + after.applied.length >= count ? true : null,
    );

    expect(stored.map((event) => event.seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(new Set(stored.map((event) => event.item.url)).size).toBe(count);
    expect([...held, ...after.applied.map((event) => event.seq)]).toEqual(stored.map((event) => event.seq));
    expect(after.repeats).toBe(0);
  });
});
