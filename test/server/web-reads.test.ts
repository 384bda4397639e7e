import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { ItemsPage } from '../../src/domain/events/wire.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createReadinessCheck, createWebReads } from '../../src/server/web-reads.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { declareWebhooks } from '../../src/store/log/webhook-states.ts';
import { openStore } from '../../src/store/open-store.ts';
import { anItemDraft, aSource, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { makeApp } from '../support/web/test-app.ts';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-web-'));
  store = await openStore({ url: `sqlite:${path.join(folder, 'web.sqlite')}`, poller: true });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function publish(...names: readonly string[]): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, 'alpha', aSource('beta', { section: 'Science' }));
  const drafts = names.map((name, index) => anItemDraft(name, { publishedMs: noon - (names.length - index) * minute }));
  await fixture.read('alpha', drafts);
  return fixture;
}

const all = { filter: { ...everything, backfill: true }, limit: 10, before: null, limitPerSource: false };

describe('the read port over the store', () => {
  it('returns items newest first with the log position of the same read', async () => {
    await publish('one', 'two', 'three');
    const snapshot = await createWebReads(store).items({ ...all, limit: 2 });
    expect(snapshot.items.map(({ title }) => title)).toEqual(['Title of three', 'Title of two']);
    expect(snapshot.head.head).toBe(3);
    expect(snapshot.changedMs).toBe(noon);
    const rest = await createWebReads(store).items({ ...all, before: snapshot.next });
    expect(rest.items.map(({ title }) => title)).toEqual(['Title of one']);
  });

  it('omits backfilled items on request', async () => {
    await publish('one');
    const { items } = await createWebReads(store).items({ ...all, filter: everything });
    expect(items).toEqual([]);
  });

  it('returns each item that matches any of several filters once, and pages through all', async () => {
    const fixture = await publish('one', 'two', 'three', 'four');
    await fixture.read('beta', [anItemDraft('five', { publishedMs: noon - 2.5 * minute })]);
    const { get } = makeApp([], { reads: createWebReads(store) });
    const science = encodeURIComponent('{"sections":["Science"]}');
    const search = encodeURIComponent('{"q":"two"}');
    const both = encodeURIComponent('{"q":"two five"}');
    const titles: string[] = [];
    let before = '';
    do {
      const query = `filter=${science}&filter=${search}&filter=${both}&filter=${search}&limit=1${before}`;
      const page = (await (await get(`/api/items?${query}`)).json()) as ItemsPage;
      titles.push(...page.items.map(({ title }) => title));
      expect(page.cursor).toMatch(/-5$/);
      before = page.next === null ? '' : `&before=${page.next}`;
    } while (before !== '');
    expect(titles).toEqual(['Title of five', 'Title of two']);
  });

  it('omits backfilled items for the filter that excludes them only', async () => {
    await publish('one', 'two');
    const { get } = makeApp([], { reads: createWebReads(store) });
    const titlesOf = async (filters: readonly object[]) => {
      const query = filters.map((filter) => `filter=${encodeURIComponent(JSON.stringify(filter))}`).join('&');
      const page = (await (await get(`/api/items?${query}`)).json()) as ItemsPage;
      return page.items.map(({ title }) => title);
    };
    expect(await titlesOf([{ q: 'one', backfill: false }, { q: 'two' }])).toEqual(['Title of two']);
    expect(await titlesOf([{ q: 'one' }, { q: 'two', backfill: false }])).toEqual(['Title of one']);
  });

  it('returns the withdrawals within a week of the last event on request', async () => {
    await publish('one', 'two', 'three');
    const week = 7 * 24 * 60 * minute;
    await withdrawItem(store, 1, noon);
    await withdrawItem(store, 2, noon + minute);
    const reads = createWebReads(store);
    const asked = { ...all, withdrawals: true };
    expect((await reads.items(all)).withdrawn).toEqual([]);
    expect((await reads.items(asked)).withdrawn).toMatchObject([
      { key: 'http://example.net/two', atMs: noon + minute },
      { key: 'http://example.net/one', atMs: noon },
    ]);
    await withdrawItem(store, 3, noon + minute + week);
    expect((await reads.items(asked)).withdrawn).toHaveLength(2);
  });

  it('returns one item, the sections, and the sources with their states', async () => {
    await publish('one');
    const reads = createWebReads(store);
    const [item] = (await reads.items(all)).items;
    expect(await reads.item(item?.id ?? 0)).toEqual(item);
    expect(await reads.item(99)).toBeNull();
    expect(await reads.sections()).toMatchObject([
      { name: 'World', items: 1 },
      { name: 'Science', items: 0 },
    ]);
    expect(await reads.sources()).toMatchObject([
      { id: 'alpha', outcome: 'fresh', items: 1, removed: false, failingSinceMs: null },
      { id: 'beta', outcome: null, checkedMs: null },
    ]);
  });

  it('returns the measured delays of each source', async () => {
    await publish('one');
    const measured = new Map([['alpha', { publishedToStoredMs: 60_000, storedToPushedMs: 5 }]]);
    expect(await createWebReads(store, { freshness: () => measured }).sources()).toMatchObject([
      { id: 'alpha', publishedToStoredMs: 60_000, storedToPushedMs: 5 },
      { id: 'beta', publishedToStoredMs: null, storedToPushedMs: null },
    ]);
  });

  it('keeps a removed source, marked as removed', async () => {
    const fixture = await publish('one');
    await fixture.declare([aSource('beta')], noon + minute);
    const sources = await createWebReads(store).sources();
    expect(sources.map(({ id, removed }) => [id, removed])).toEqual([
      ['beta', false],
      ['alpha', true],
    ]);
  });

  it('returns declared webhooks with their states, without their URLs', async () => {
    const fixture = await publish('one');
    const hooks = ['first', 'second'].map((id) => ({ id, url: `https://example.org/secret/${id}` }));
    await declareWebhooks(store, hooks, noon);
    await declareWebhooks(store, hooks.slice(0, 1), noon);
    await fixture.read('alpha', [anItemDraft('two')], noon + minute);
    const webhooks = await createWebReads(store).webhooks();
    expect(webhooks).toEqual([
      {
        id: 'first',
        condition: 'new',
        failures: 0,
        lag: 1,
        delivered: 0,
        attemptedMs: null,
        succeededMs: null,
        nextAttemptMs: null,
      },
    ]);
  });

  it('returns the events after a position', async () => {
    await publish('one', 'two');
    const page = await createWebReads(store).events(1, 10);
    expect(page.events.map(({ seq }) => seq)).toEqual([2]);
    expect(page.head).toMatchObject({ head: 2, floor: 1 });
  });

  it('is ready while the database answers', async () => {
    expect(await createReadinessCheck(store, silentLog)()).toEqual({ database: true, storage: true });
    const closed = await openStore({ url: `sqlite:${path.join(folder, 'other.sqlite')}`, poller: false });
    await closed.close();
    expect(await createReadinessCheck(closed, silentLog)()).toEqual({ database: false, storage: true });
  });
});
