import { afterEach, describe, expect, it } from 'vitest';
import { type Entry, rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { makeDue } from '../support/make-due.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const link = 'https://www.example.org/';

function entry(name: string): Entry {
  return { guid: name, title: `Bulletin ${name}`, link: `${link}${name}`, date: new Date(Date.now() - 120_000) };
}

/** The value of a metric, by its name with labels. */
function figure(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

describe('the metrics of a running server', () => {
  it('include the delay of a new item from its publisher to a live client', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const put = (entries: readonly Entry[]): void => {
      const body = rssDocument({ title: 'Bulletins', link }, entries);
      origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
    };
    put([entry('a')]);
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire }\n`);
    cleanups.push(() => home.remove());
    const token = 'correct-horse-battery-staple';
    const server = await startServer(home, { METRICS_TOKEN: token, ADMIN_TOKEN: 'another-horse-battery-staple' });
    cleanups.push(() => server.end('SIGKILL'));
    const read = async (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${server.url}/metrics`, { headers });
    const figures = async (): Promise<string> => (await read()).text();
    await until('the first poll', async () => figure(await figures(), 'newswire_items_added_total') === 1);
    const live = await connectLive(server.url, '?after=head');
    cleanups.push(() => live.close());
    await live.first('live');

    put([entry('b'), entry('a')]);
    await makeDue(home, 'wire');
    await until('the item', () => live.applied[0]);

    const text = await until('the poll to be counted', async () => {
      const now = await figures();
      return figure(now, 'newswire_items_added_total') === 2 ? now : null;
    });
    expect(figure(text, 'newswire_polls_total{outcome="fresh"}')).toBe(2);
    expect(figure(text, 'newswire_live_sessions{transport="ws"}')).toBe(1);
    expect(figure(text, 'newswire_live_subscriptions')).toBe(1);
    expect(figure(text, 'newswire_live_commit_to_write_seconds_count')).toBe(1);
    expect(figure(text, 'newswire_hole_detected_total')).toBe(0);
    // Figures of the database are some seconds old.
    expect(figure(text, 'newswire_sources{state="ok"}')).toBeGreaterThanOrEqual(0);
    expect(figure(text, 'newswire_event_log_head')).toBeGreaterThanOrEqual(0);
    expect(figure(text, 'newswire_config_last_reload_successful')).toBe(1);
    expect(figure(text, 'newswire_database_size_bytes{file="main"}')).toBeGreaterThan(0);
    expect(figure(text, 'newswire_http_requests_total{route="/metrics",status="2xx"}')).toBeGreaterThan(0);
    for (const stage of ['published_to_fetched', 'fetched_to_stored', 'stored_to_pushed', 'published_to_pushed']) {
      expect(figure(text, `newswire_${stage}_seconds_count{source="wire"}`), stage).toBe(1);
    }
    expect(figure(text, 'newswire_published_to_pushed_seconds_sum{source="wire"}')).toBeGreaterThan(119);
    expect(await (await fetch(`${server.url}/sources`)).text()).toMatch(/[23] min, then \d+ m?s/);

    // The second response comes from the cache, which answers before the routes.
    for (let count = 0; count < 2; count += 1) await (await fetch(`${server.url}/feed.rss?limit=5`)).text();
    const feeds = 'newswire_http_requests_total{route="/feed.rss",status="2xx"}';
    await until('both responses to be counted', async () => figure(await figures(), feeds) === 2);

    expect((await read({ 'X-Forwarded-For': '192.0.2.7' })).status).toBe(403);
    expect((await read({ 'X-Forwarded-For': '192.0.2.7', Authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await read({ Authorization: 'Bearer another-horse-battery-staple' })).status).toBe(403);
  });
});
