import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import { createFigureReader } from '../../src/server/stored-figures.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { declareWebhooks } from '../../src/store/log/webhook-states.ts';
import { openStore } from '../../src/store/open-store.ts';
import { addComment } from '../../src/store/readers/comment-repository.ts';
import { recordPoll } from '../../src/store/sources/leases.ts';
import { putSubscriber } from '../../src/store/websub/websub-subscribers.ts';
import { anItemDraft, aPollResult, aSource, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture, StoreFixture } from '../support/store-fixture.ts';

let folder: string;
let databaseUrl: string;
let store: Store;
const clock = { nowMs: noon, now: () => clock.nowMs, monotonic: () => clock.nowMs };

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-figures-'));
  databaseUrl = `sqlite:${path.join(folder, 'news.sqlite')}`;
  store = await openStore({ url: databaseUrl, poller: true });
  clock.nowMs = noon;
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const reader = (log: Log = silentLog) => createFigureReader({ store, databaseUrl, clock, log });

describe('the figures of the database', () => {
  it('are those of an empty database', async () => {
    expect(await reader().stored()).toMatchObject({
      sources: { new: 0, ok: 0, failing: 0, throttled: 0, gone: 0 },
      overdueMs: 0,
      log: { head: 0, floor: 1 },
      oldestEventMs: null,
      lastEventMs: null,
      webhooks: [],
      webSubSubscribers: 0,
      pendingComments: 0,
    });
  });

  it('count declared sources by the outcome of their last poll', async () => {
    const fixture = await createStoreFixture(store, ...['a', 'b', 'c', 'd', 'removed']);
    await fixture.read('a', []);
    for (const [id, outcome] of [
      ['b', 'failed'],
      ['c', 'throttled'],
      ['removed', 'failed'],
    ] as const) {
      await recordPoll(store, await fixture.claim(id), aPollResult({ outcome, nextCheckMs: noon + hour }), noon);
    }
    await fixture.declare(['a', 'b', 'c', 'd'].map((id) => aSource(id)));
    expect((await reader().stored())?.sources).toEqual({ new: 1, ok: 1, failing: 1, throttled: 1, gone: 0 });
  });

  it('include how long the longest-waiting source has been due', async () => {
    const fixture = await createStoreFixture(store, 'a');
    await recordPoll(store, await fixture.claim('a'), aPollResult({ nextCheckMs: noon + minute }), noon);
    expect((await reader().stored())?.overdueMs).toBe(0);
    clock.nowMs = noon + 3 * minute;
    expect((await reader().stored())?.overdueMs).toBe(2 * minute);
  });

  it('include the bounds and the age of the log, and the backlog of each declared webhook', async () => {
    const fixture = await createStoreFixture(store, 'a');
    const hook = (id: string) => ({ id, url: `https://${id}.example.org/` });
    await declareWebhooks(store, [hook('kept'), hook('removed')], noon);
    await fixture.read(
      'a',
      ['one', 'two'].map((name) => anItemDraft(name)),
      noon,
    );
    await fixture.read('a', [anItemDraft('three')], noon + minute);
    await declareWebhooks(store, [hook('kept')], noon);
    expect(await reader().stored()).toMatchObject({
      log: { head: 3, floor: 1 },
      oldestEventMs: noon,
      lastEventMs: noon + minute,
      webhooks: [{ id: 'kept', backlog: 3 }],
    });
  });

  it('count WebSub subscriptions with a valid lease, and pending comments', async () => {
    const fixture = await createStoreFixture(store, 'a');
    await fixture.read('a', [anItemDraft('one')]);
    const subscriber = { topic: 'https://news.example.org/feed.rss', host: 'reader.example.org', secret: null };
    for (const [name, leaseUntilMs] of [
      ['x', noon + hour],
      ['y', noon],
    ] as const) {
      const callback = `https://reader.example.org/${name}`;
      await putSubscriber(store, { ...subscriber, callback, verifiedMs: noon - hour, leaseUntilMs });
    }
    const text = { name: 'Ann', body: 'Well said.', authorKey: null, postKey: 'p', textHash: 't', mayRecur: false };
    const decide = () => ({ state: 'pending', reason: null }) as const;
    await addComment(store, { ...text, itemId: 1, atMs: noon, decide });
    expect(await reader().stored()).toMatchObject({ webSubSubscribers: 1, pendingComments: 1 });
  });

  it('are read at most once in five seconds', async () => {
    const figures = reader();
    const first = await figures.stored();
    await new StoreFixture(store).declare([aSource('a')]);
    clock.nowMs += 4999;
    expect(await figures.stored()).toBe(first);
    clock.nowMs += 1;
    expect((await figures.stored())?.sources.new).toBe(1);
  });

  it('are unknown while the database cannot be read, which is logged once for each read', async () => {
    const logged: string[] = [];
    const figures = reader({ ...silentLog, error: (_facts, message) => void logged.push(message) });
    await store.close();
    expect(await Promise.all([figures.stored(), figures.stored()])).toEqual([null, null]);
    expect(logged).toEqual(['cannot read the database for /metrics']);
    store = await openStore({ url: databaseUrl, poller: true });
  });
});

describe('the sizes of the database', () => {
  it('are those of its files and its disk', async () => {
    const sizes = await reader().sizes();
    expect(sizes?.bytes).toBeGreaterThan(0);
    expect(sizes?.writeAheadBytes).toBeGreaterThan(0);
    expect(sizes?.diskFreeBytes).toBeGreaterThan(0);
  });

  it('are unknown for a file that does not exist', async () => {
    const missing = `sqlite:${path.join(folder, 'none.sqlite')}`;
    expect(await createFigureReader({ store, databaseUrl: missing, clock, log: silentLog }).sizes()).toBeNull();
  });
});
