import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../../src/config/environment/environment.ts';
import { createMemoryDoorbell } from '../../../src/push/doorbell.ts';
import type { TopicDocument } from '../../../src/push/websub/hub-store.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { createShutdown, type Shutdown } from '../../../src/runtime/shutdown.ts';
import { advertisedHubUrl, cacheDocuments } from '../../../src/server/websub/start-hub.ts';
import {
  disabledHubSubscriber,
  type HubSubscriber,
  startSubscriber,
} from '../../../src/server/websub/start-subscriber.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import {
  applySubscriptionDiff,
  confirmSubscription,
  updateSubscription,
} from '../../../src/store/websub/websub-subscriptions.ts';
import { normaliseDocument } from '../../../src/worker.ts';
import { createStore } from '../../contract/test-engines.ts';
import { day, noon } from '../../support/builders.ts';
import { createStoreFixture } from '../../support/store-fixture.ts';
import { until } from '../../support/until.ts';

const hub = 'https://hub.example.org/';

describe('startSubscriber', () => {
  let store: Store;
  let remove: () => Promise<void>;
  let shutdown: Shutdown;
  const hubDoorbell = createMemoryDoorbell();
  const clock = { now: () => noon, monotonic: () => 0 };

  beforeEach(async () => {
    ({ store, remove } = await createStore());
    shutdown = createShutdown(silentLog);
    await createStoreFixture(store, 'a', 'b');
  });
  afterEach(async () => {
    await shutdown.stop();
    await remove();
  });

  async function start(
    publicUrl = 'https://news.example.com',
  ): Promise<HubSubscriber & { readonly due: () => number }> {
    let due = 0;
    const side = await startSubscriber({
      ...{ store, clock, shutdown, publicUrl, hubDoorbell, log: silentLog },
      settings: readSettings({}),
      documentProcessor: { normalise: normaliseDocument },
      isConfigured: () => false,
      sourceOf: () => undefined,
      notify: () => {},
      onSourceDue: () => {
        due += 1;
      },
    });
    return { ...side, due: () => due };
  }

  /** An active subscription of source `a`, named by its document. */
  async function subscribe(trust: 'trusted' | 'unproven'): Promise<void> {
    const { ref } = await store.reader
      .selectFrom('source')
      .select('ref')
      .where('id', '=', 'a')
      .executeTakeFirstOrThrow();
    const topic = 'https://a.example.org/self.xml';
    await store.write((tx) =>
      tx
        .updateTable('source')
        .set({ hubs: JSON.stringify([hub]), self_url: topic, first_read_done: 1 })
        .where('ref', '=', ref)
        .execute(),
    );
    await applySubscriptionDiff(
      store,
      { add: [{ callbackId: 'x', sourceRef: ref, hub, topic, secret: null }], remove: [] },
      noon,
    );
    await confirmSubscription(store, 1, { nowMs: noon, leaseUntilMs: noon + 10 * day, renewMs: noon + 7 * day });
    await updateSubscription(store, 1, { trust });
  }

  it('multiplies the poll interval of sources with a trusted hub only', async () => {
    await subscribe('trusted');
    const side = await start();
    await until('the trust to be known', () => side.intervalMultiplier('a') === 4 || null);
    expect(side.intervalMultiplier('b')).toBe(1);
    expect(disabledHubSubscriber.intervalMultiplier('a')).toBe(1);
  });

  it('does not multiply the poll interval for a hub that has not delivered yet', async () => {
    await subscribe('unproven');
    const side = await start();
    side.wake();
    expect(side.intervalMultiplier('a')).toBe(1);
  });

  it('wakes polling when a hub has pushed or confirmed something', async () => {
    const side = await start();
    const before = side.due();
    await hubDoorbell.notify(0);
    expect(side.due()).toBe(before + 1);
    await shutdown.stop();
    await hubDoorbell.notify(0);
    expect(side.due()).toBe(before + 1);
  });

  it('renews every subscription when the public URL has changed, and only then', async () => {
    await subscribe('trusted');
    await start();
    await shutdown.stop();
    const next = async () =>
      (await store.reader.selectFrom('websub_subscription').select('requested_ms').executeTakeFirstOrThrow())
        .requested_ms;
    expect(await next()).toBeNull();
    shutdown = createShutdown(silentLog);
    await start('https://moved.example.com');
    await until('the hub to be asked', async () => ((await next()) === noon ? true : null));
  });
});

describe('advertisedHubUrl', () => {
  it.each([
    [{}, null],
    [{ WEBSUB_HUB: 'https://hub.example.org/' }, null],
    [{ PUBLIC_URL: 'https://news.example.com' }, 'https://news.example.com/websub/hub'],
    [{ PUBLIC_URL: 'https://news.example.com', WEBSUB_HUB: 'https://hub.example.org/' }, 'https://hub.example.org/'],
  ])('S26 returns for %j the hub %s', (env, expected) => {
    expect(advertisedHubUrl(readSettings(env))).toBe(expected);
  });
});

describe('cacheDocuments', () => {
  const document: TopicDocument = { body: new Uint8Array(), contentType: '', link: '', self: '', tag: '' };

  it('reads a document once while the head of the log is the same, for at most a second', async () => {
    const at = { nowMs: 0, head: 7, made: 0 };
    const read = cacheDocuments(
      async () => {
        at.made += 1;
        return document;
      },
      { clock: { now: () => noon, monotonic: () => at.nowMs }, head: () => at.head },
    );
    await Promise.all([read('one'), read('one'), read('two')]);
    expect(at.made).toBe(2);
    at.head = 8;
    await read('one');
    expect(at.made).toBe(3);
    at.nowMs = 1000;
    await read('one');
    expect(at.made).toBe(4);
  });
});
