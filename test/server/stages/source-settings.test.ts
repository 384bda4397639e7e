import { describe, expect, it } from 'vitest';
import { processFirstFetch } from '../../../src/cli/inspect/dry-run.ts';
import type { NormaliseOptions } from '../../../src/domain/items/normalise-task.ts';
import type { NormaliseSettings } from '../../../src/domain/polling/normalise-options.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { createPushReader } from '../../../src/server/websub/push-reader.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { normaliseDocument } from '../../../src/worker.ts';
import { engines, withStore } from '../../contract/test-engines.ts';
import { aDocument } from '../../support/builders.ts';
import { rssDocument } from '../../support/documents.ts';
import { startOrigin } from '../../support/origin.ts';
import { PollingFixture } from '../../support/polling-fixture.ts';

const body = rssDocument({ title: 'Example', link: 'https://www.example.org/' }, [
  { guid: '1', title: 'Rain', link: '/1' },
]);

const defaults: NormaliseSettings = {
  hidden: null,
  keep: null,
  drop: null,
  language: null,
  limit: 500,
  trust: { dates: true, ids: true },
};

/** Another value of each setting, and the options that result from it. */
const settings: readonly [keyof NormaliseSettings, Partial<NormaliseSettings>, Partial<NormaliseOptions>][] = [
  ['keep', { keep: 'rain' }, { keep: 'rain' }],
  ['drop', { drop: 'snow' }, { drop: 'snow' }],
  ['language', { language: 'de' }, { language: 'de' }],
  ['limit', { limit: 7 }, { limit: 7 }],
  ['trust', { trust: { dates: false, ids: true } }, { trust: { dates: false, ids: true } }],
  ['trust', { trust: { dates: true, ids: false } }, { trust: { dates: true, ids: false } }],
];

/** The options of a poll and of a push for a source with these settings. */
async function pollAndPush(store: Store, over: Partial<NormaliseSettings>): Promise<(NormaliseOptions | undefined)[]> {
  const origin = await startOrigin();
  const fixture = await new PollingFixture(store, `${origin.url}/feed`, { ...defaults, ...over }).declare();
  try {
    origin.on('/feed', { headers: { 'Content-Type': 'application/rss+xml' }, body });
    await fixture.poll();
    const pushed: NormaliseOptions[] = [];
    await insertPush(store, `${origin.url}/feed`);
    const readPushes = createPushReader({
      store,
      clock: { now: () => fixture.nowMs, monotonic: () => fixture.nowMs },
      log: silentLog,
      documentProcessor: {
        normalise: (task) => {
          pushed.push(task.options);
          return normaliseDocument(task);
        },
      },
      sourceOf: () => fixture.source,
      notify: () => {},
      onSourceDue: () => {},
    });
    await readPushes();
    return [fixture.tasks[0]?.options, pushed[0]];
  } finally {
    await fixture.close();
    await origin.close();
  }
}

async function insertPush(store: Store, topic: string): Promise<void> {
  await store.write(async (tx) => {
    const subscription = {
      ...{ callback_id: 'c', hub: 'https://hub.example.org/', topic, secret: null, state: 'active' as const },
      ...{ requested_ms: null, confirmed_ms: null, lease_until_ms: null, next_attempt_ms: 0, failures: 0 },
      ...{ detail: null, trust: 'unproven' as const, pushes: 0, pushed_first: 0, polled_first: 0, missed: 0 },
      ...{ last_push_ms: null, evaluated_id: 0 },
    };
    const { ref } = await tx.selectFrom('source').select('ref').executeTakeFirstOrThrow();
    const { id } = await tx
      .insertInto('websub_subscription')
      .values({ ...subscription, source_ref: ref })
      .returning('id')
      .executeTakeFirstOrThrow();
    const push = { received_ms: 0, content_type: 'application/rss+xml', content_encoding: null, attempts: 0 };
    await tx
      .insertInto('websub_push')
      .values({ ...push, subscription_id: id, body: Buffer.from(body).toString('base64') })
      .execute();
  });
}

describe.each(engines)('the settings of a source on $name', (engine) => {
  it.each(settings)('apply %s to polls, pushes and the dry run alike', async (_name, over, expected) => {
    await withStore(engine, async (store) => {
      const [polled, pushed] = await pollAndPush(store, over);
      const tried: NormaliseOptions[] = [];
      const processor = {
        normalise: (task: Parameters<typeof normaliseDocument>[0]) => {
          tried.push(task.options);
          return normaliseDocument(task);
        },
      };
      await processFirstFetch(aDocument({ body: Buffer.from(body) }), processor, {
        nowMs: 0,
        settings: { ...defaults, ...over },
      });
      expect(polled).toMatchObject(expected);
      expect(pushed).toMatchObject(expected);
      expect(tried).toMatchObject([expected]);
    });
  });

  it('include every setting that affects how a document is normalised', () => {
    // `hidden` masks the URL; hidden-sources.test.ts covers it.
    const covered = new Set(['hidden', ...settings.map(([name]) => name)]);
    expect([...covered].sort()).toEqual(Object.keys(defaults).sort());
  });
});
