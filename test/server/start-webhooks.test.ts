import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/environment/environment.ts';
import type { Webhook } from '../../src/domain/events/webhook.ts';
import { displayUrl } from '../../src/domain/masking.ts';
import { createMemoryDoorbell } from '../../src/push/doorbell.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createShutdown } from '../../src/runtime/shutdown.ts';
import { startWebhooks } from '../../src/server/start-webhooks.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readWebhook } from '../../src/store/log/webhook-states.ts';
import { createStore } from '../contract/test-engines.ts';
import { anItemDraft } from '../support/builders.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { makeWebhook } from '../support/push/webhook-helpers.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { until } from '../support/until.ts';
import { useCleanups } from '../support/use-cleanups.ts';

const cleanups = useCleanups();

interface Harness {
  readonly store: Store;
  readonly origin: Origin;
  readonly ended: string[];
  declare(...webhooks: Webhook[]): Promise<void>;
  /** Stores items like a poll, and notifies. */
  publish(...names: string[]): Promise<void>;
  stop(): Promise<void>;
}

/** A real database, the guarded HTTP client, and a receiver on the loopback interface, which is allowed. */
async function createHarness(env: Record<string, string> = {}): Promise<Harness> {
  const { store, remove } = await createStore();
  cleanups.push(remove);
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const shutdown = createShutdown(silentLog);
  cleanups.push(() => shutdown.stop());
  const doorbell = createMemoryDoorbell();
  const ended: string[] = [];
  const webhooks = startWebhooks({
    ...{ store, shutdown, doorbell },
    settings: readSettings({
      ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
      CONTACT_URL: 'https://news.example.com/about',
      ...env,
    }),
    clock: systemClock,
    log: silentLog,
    publicUrl: 'http://127.0.0.1:1',
    metrics: { webhookDelivered: (outcome) => void ended.push(outcome) },
  });
  const fixture = await createStoreFixture(store, 'a');
  await fixture.open('a');
  return {
    ...{ store, origin, ended },
    async declare(...declared) {
      webhooks.declare(declared);
      for (const hook of declared) {
        const state = () => readWebhook(store.reader, hook.id);
        await until(`${hook.id} to be active`, async () => (await state())?.url === displayUrl(hook) || null);
      }
    },
    async publish(...names) {
      const stored = await fixture.read(
        'a',
        names.map((name) => anItemDraft(name)),
      );
      if (stored.kind === 'stored' && stored.head !== null) await doorbell.notify(stored.head);
    },
    stop: () => shutdown.stop(),
  };
}

describe('webhooks over a real store and HTTP client', () => {
  it('deliver stored events, with our User-Agent', async () => {
    const { origin, declare, publish, store, ended } = await createHarness();
    origin.on('/hook', { status: 204 });
    await declare(makeWebhook({ url: `${origin.url}/hook` }));
    await publish('one', 'two');
    const [request] = await until('the delivery', () => (origin.requests.length > 0 ? origin.requests : null));
    expect(request).toMatchObject({ method: 'POST', path: '/hook' });
    expect(request?.headers['user-agent']).toMatch(/^Newswire\/\S+ \(\+https:\/\/news\.example\.com\/about\)$/);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      type: 'events',
      webhook: 'hook',
      events: [
        { op: 'add', item: { title: 'Title of one', page: 'http://127.0.0.1:1/items/1' } },
        { op: 'add', item: { title: 'Title of two' } },
      ],
    });
    await until('the position', async () => (await readWebhook(store.reader, 'hook'))?.seq === 2 || null);
    expect(ended).toEqual(['delivered']);
  });

  it('are requested with the whole address and stored without the secret part of it', async () => {
    const { store, origin, publish, declare } = await createHarness();
    origin.on('/in/s3cret', { status: 204 });
    const hidden = { url: `${origin.url}/in/***`, secrets: ['s3cret'] };
    await declare(makeWebhook({ url: `${origin.url}/in/s3cret`, hidden }));
    await publish('one');
    await until('the delivery', () => origin.to('/in/s3cret')[0]);
    expect((await readWebhook(store.reader, 'hook'))?.url).toBe(hidden.url);
  });

  it('do not wait for each other, even on the same host', async () => {
    const { origin, declare, publish } = await createHarness();
    origin.on('/slow', () => undefined).on('/fast', { status: 204 });
    await declare(
      makeWebhook({ id: 'slow', url: `${origin.url}/slow` }),
      makeWebhook({ id: 'fast', url: `${origin.url}/fast` }),
    );
    await publish('one');
    await until('the slow one to be asked', () => origin.to('/slow')[0]);
    await publish('two');
    await publish('three');
    await until('all at the fast one', () => {
      const bodies = origin.to('/fast').map(({ body }) => body);
      return bodies.some((body) => body.includes('three')) || null;
    });
    expect(origin.to('/slow')).toHaveLength(1);
  });

  it('honour Retry-After and do not follow redirects', async () => {
    const { origin, declare, publish, store, ended } = await createHarness();
    origin.on('/busy', { status: 503, headers: { 'retry-after': '3600' } });
    origin.on('/moved', { status: 308, headers: { location: `${origin.url}/elsewhere` } });
    await declare(
      makeWebhook({ id: 'busy', url: `${origin.url}/busy` }),
      makeWebhook({ id: 'moved', url: `${origin.url}/moved` }),
    );
    await publish('one');
    await until('both', () => ended.length >= 2 || null);
    const busy = await until('the busy one', async () => {
      const state = await readWebhook(store.reader, 'busy');
      return state?.lastStatus === 503 ? state : null;
    });
    expect(busy.nextAttemptMs - (busy.lastAttemptMs ?? 0)).toBe(3_600_000);
    expect((await readWebhook(store.reader, 'moved'))?.lastDetail).toBe('HTTP 308: redirects are not followed');
    expect(origin.to('/elsewhere')).toEqual([]);
  });

  it.each([
    ['a private address', 'http://10.0.0.1/hook'],
    ['our own URL', 'http://127.0.0.1:1/hook'],
  ])('are not sent to %s', async (_, url) => {
    const { declare, publish, store } = await createHarness();
    await declare(makeWebhook({ url }));
    await publish('one');
    const state = await until('the failure', async () => {
      const found = await readWebhook(store.reader, 'hook');
      return found?.lastOutcome === 'failed' ? found : null;
    });
    expect(state.lastDetail).toMatch(/^blocked_address: /);
    expect(state.lastStatus).toBeNull();
  });

  it('abort a running delivery at the stop and do not record it', async () => {
    const { origin, declare, publish, store, stop } = await createHarness();
    origin.on('/hook', () => undefined);
    await declare(makeWebhook({ url: `${origin.url}/hook` }));
    await publish('one');
    await until('the delivery', () => origin.requests[0]);
    await stop();
    expect(await readWebhook(store.reader, 'hook')).toMatchObject({ seq: 0, lastOutcome: null });
  });
});
