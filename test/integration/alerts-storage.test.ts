import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/environment/environment.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { startServer } from '../../src/server/start.ts';
import { readReceiverStates } from '../../src/store/alerts/alert-deliveries.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('a server whose database cannot be written', () => {
  it('sends an alert when the fault begins, although nothing can be stored, and one when it is over', async () => {
    const receiver = await startOrigin();
    cleanups.push(() => receiver.close());
    receiver.on('/', { status: 200 });
    const home = makeHome(`alerts:\n  - { id: phone, type: ntfy, url: "${receiver.url}/topic", on: [disk] }\n`);
    cleanups.push(() => home.remove());
    let opened: Store | null = null;
    const server = await startServer({
      settings: readSettings({
        ...{ PORT: '0', FEEDS_DIR: home.feeds, DATABASE_URL: home.databaseUrl },
        ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
      }),
      log: silentLog,
      open: async (options) => {
        opened = await openStore(options);
        return opened;
      },
    });
    cleanups.push(() => server.stop());
    const store = await until('the store', () => opened as Store | null);

    await sql`pragma query_only = 1`.execute(store.writer);
    const write = store.write((tx) => tx.insertInto('setting').values({ name: 'x', value: 'y' }).execute());
    await expect(write).rejects.toThrow('read-only');
    await until('the alert', () => receiver.to('/')[0]);
    const bodies = () => receiver.to('/').map(({ body }) => JSON.parse(body) as { title: string; click: string });
    expect(bodies().map(({ title }) => title)).toEqual(['Nothing can be stored']);

    await sql`pragma query_only = 0`.execute(store.writer);
    await store.storage.probe();
    await until('the end', () => receiver.to('/')[1]);
    expect(bodies()[1]).toMatchObject({ title: 'The database works again', click: `${server.url}/status` });
    const state = await until('the stored result', async () => (await readReceiverStates(store.reader)).get('phone'));
    expect(state).toMatchObject({ lastOutcome: 'delivered', failures: 0 });
  });
});
