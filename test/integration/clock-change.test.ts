import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/environment/environment.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { type RunningServer, startServer } from '../../src/server/start.ts';
import { rssDocument } from '../support/documents.ts';
import { startOrigin } from '../support/origin.ts';
import { type Home, makeHome } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The interval and its jitter. */
const longestWaitMs = 60_000 * 1.1;

/** A server with one source that is read each minute, by a wall clock that the test sets. */
async function prepare() {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const body = rssDocument({ title: 'Reports', link: 'https://www.example.org/' }, []);
  origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
  const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: reports, interval: 1m }\n`);
  cleanups.push(() => home.remove());
  const wall = { setBackMs: 0 };
  const clock = { now: () => systemClock.now() - wall.setBackMs, monotonic: () => systemClock.monotonic() };
  const settings = readSettings({
    ...{ PORT: '0', FEEDS_DIR: home.feeds, DATABASE_URL: home.databaseUrl, ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8' },
  });
  const start = async (): Promise<RunningServer> => {
    const server = await startServer({ settings, clock, log: silentLog });
    cleanups.push(() => server.stop());
    return server;
  };
  return { origin, home, wall, clock, start };
}

function nextCheckMs(home: Home): number {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { readonly: true });
  try {
    const row = database.prepare('SELECT next_check_ms AS ms FROM source WHERE lease_token IS NULL').get();
    return (row as { ms: number } | undefined)?.ms ?? 0;
  } finally {
    database.close();
  }
}

describe('a source that is read each minute', () => {
  it('is due again within a minute after the clock was set back by an hour while the server runs', async () => {
    const { origin, home, wall, clock, start } = await prepare();
    await start();
    await until('the first read', () => nextCheckMs(home) > clock.now() || null);
    wall.setBackMs = 3_600_000;
    await until('the next check to be moved', () => nextCheckMs(home) <= clock.now() + longestWaitMs || null);
    expect(origin.to('/rss.xml')).toHaveLength(1);
    expect(nextCheckMs(home)).toBeGreaterThan(clock.now());
  });

  it('is due again within a minute after the clock was set back by a day before a restart', async () => {
    const { home, wall, clock, start } = await prepare();
    const first = await start();
    await until('the first read', () => nextCheckMs(home) > clock.now() || null);
    await first.stop();
    wall.setBackMs = 86_400_000;
    await start();
    expect(nextCheckMs(home)).toBeLessThanOrEqual(clock.now() + longestWaitMs);
  });
});
