import { describe, expect, it } from 'vitest';
import { rulesVersion } from '../../src/domain/items/normalise-task.ts';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { readDueSources, recordPoll } from '../../src/store/sources/leases.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { readPollState, requestRefresh } from '../../src/store/sources/source-state.ts';
import { aFeed, anItemDraft, aPollResult, aPollState, aSource, day, hour, minute, noon } from '../support/builders.ts';
import { notesOf } from '../support/notes.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

function declare(store: Store, sources: readonly Source[], nowMs = noon) {
  return declareSources(store, { sources }, nowMs);
}

async function dueIds(store: Store, nowMs = noon): Promise<string[]> {
  return (await readDueSources(store.reader, nowMs, 10_000)).map(({ id }) => id);
}

/** Declares `a` and reads it once with success; it is due again in a day. */
async function readOnce(store: Store, declared = aSource('a')): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, declared);
  const toPollResult = () =>
    aPollResult({ nextCheckMs: noon + day, validators: { etag: '"v1"', lastModified: 'yesterday' } });
  await fixture.read(declared.id, [anItemDraft('one')], noon, { toPollResult });
  return fixture;
}

describe.each(engines)('declaring sources on $name', (engine) => {
  it('adds new sources, which are due at once', () =>
    withStore(engine, async (store) => {
      const declared = await declare(store, [aSource('a'), aSource('b')]);
      expect(declared).toEqual({ added: ['a', 'b'], changed: [], removed: [], restored: [] });
      expect(await dueIds(store)).toEqual(['a', 'b']);
      expect(await readPollState(store.reader, 'a')).toEqual(aPollState({ nextCheckMs: noon }));
    }));

  it('changes nothing when nothing changed', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      const before = await readPollState(store.reader, 'a');
      expect(await declare(store, [aSource('a')], noon + hour)).toEqual({
        added: [],
        changed: [],
        removed: [],
        restored: [],
      });
      expect(await readPollState(store.reader, 'a')).toEqual(before);
      expect(await dueIds(store, noon + hour)).toEqual([]);
    }));

  it('spreads new sources beyond two hundred over an hour', () =>
    withStore(engine, async (store) => {
      const all = Array.from({ length: 500 }, (_, index) => aSource(`s${index}`));
      await declare(store, all);
      expect(await dueIds(store)).toHaveLength(200);
      expect((await dueIds(store, noon + 30 * minute)).length).toBe(350);
      expect(await dueIds(store, noon + hour)).toHaveLength(500);
    }));

  it('does not poll a removed source, and keeps its state and items', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      expect(await declare(store, [], noon + hour)).toMatchObject({ removed: ['a'] });
      expect(await dueIds(store, noon + 2 * day)).toEqual([]);
      expect(await readSourceReports(store.reader)).toMatchObject([{ id: 'a', removedMs: noon + hour, items: 1 }]);
      expect(await readItemByKey(store.reader, 'http://example.net/one')).not.toBeNull();
      expect(await declare(store, [aSource('a')], noon + 2 * hour)).toMatchObject({ added: [], restored: ['a'] });
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: '"v1"', lastModified: 'yesterday' },
        nextCheckMs: noon + day,
        firstReadDone: true,
      });
    }));

  it('makes a source due without validators when its declaration changes', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      expect(await declare(store, [aSource('a', { declarationHash: 'new' })], noon + hour)).toMatchObject({
        changed: ['a'],
      });
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: null, lastModified: null },
        bodyHash: null,
        nextCheckMs: noon + hour,
        nextCheckReason: { code: 'declaration_changed' },
        firstReadDone: true,
      });
    }));

  it('omits the validators of a document that was read by other rules, and keeps the next check', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const read = aPollResult({ nextCheckMs: noon + day, bodyHash: 'aa' });
      await recordPoll(store, await fixture.claim('a'), read, noon);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ validators: { etag: '"1"' }, bodyHash: 'aa' });
      const history = { ...emptyPollHistory, rulesVersion: rulesVersion - 1 };
      const lease = await fixture.claim('a', noon + day);
      await recordPoll(store, lease, { ...read, nextCheckMs: noon + 2 * day, history }, noon + day);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: null, lastModified: null },
        bodyHash: null,
        nextCheckMs: noon + 2 * day,
        nextCheckReason: { code: 'adaptive_interval', intervalMs: hour },
      });
    }));

  it('resets the distrust of ids and the previous identity only when the declaration hash changes', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const previousIdentity = { title: 'Example', site: 'example.org', untilMs: noon };
      const history = { ...emptyPollHistory, idsDistrusted: true, previousIdentity, newItemsStreak: 2 };
      await recordPoll(store, await fixture.claim('a'), aPollResult({ history }), noon);
      await declare(store, [aSource('a', { intervalMs: hour })], noon + hour);
      expect((await readPollState(store.reader, 'a'))?.history).toEqual(history);
      await declare(store, [aSource('a', { declarationHash: 'new' })], noon + hour);
      expect((await readPollState(store.reader, 'a'))?.history).toEqual({
        ...history,
        idsDistrusted: false,
        previousIdentity: null,
      });
    }));

  it('does not make a source due before its Retry-After when the declaration changes', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const history = { ...emptyPollHistory, retryAfterUntilMs: noon + day };
      await recordPoll(store, await fixture.claim('a'), aPollResult({ outcome: 'throttled', history }), noon);
      await declare(store, [aSource('a', { declarationHash: 'new' })], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + day });
    }));

  it('resets the state of a source with a new URL, and recognises its entries', () =>
    withStore(engine, async (store) => {
      const fixture = await readOnce(store);
      const moved = aSource('a', { url: 'https://example.com/new.xml' });
      await fixture.declare([moved], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: null },
        nextCheckMs: noon + hour,
        nextCheckReason: { code: 'never_read' },
        firstReadDone: false,
      });
      expect(await fixture.read('a', [anItemDraft('one'), anItemDraft('two')], noon + hour)).toMatchObject({
        added: 1,
      });
      expect((await fixture.events()).at(-1)).toMatchObject({ op: 'add', backfill: true });
    }));

  it('keeps state and items when a derived id changes', () =>
    withStore(engine, async (store) => {
      const url = 'https://example.org/feed.xml';
      const fixture = await readOnce(store, aSource('old-title', { url, idDeclared: false }));
      await fixture.declare([aSource('new-title', { url, idDeclared: false })], noon + hour);
      expect(await readPollState(store.reader, 'old-title')).toBeNull();
      expect(await readPollState(store.reader, 'new-title')).toMatchObject({ validators: { etag: '"v1"' } });
      expect(await readItemByKey(store.reader, 'http://example.net/one')).toMatchObject({
        source: { id: 'new-title' },
      });
      expect(await fixture.read('new-title', [anItemDraft('one')], noon + day)).toMatchObject({ added: 0, events: 0 });
    }));

  it('keeps the URLs of two sources that exchange derived ids', () =>
    withStore(engine, async (store) => {
      const [one, two] = ['https://example.org/1.xml', 'https://example.org/2.xml'];
      const pair = (first: string, second: string) => [
        aSource(first, { url: one, idDeclared: false }),
        aSource(second, { url: two, idDeclared: false }),
      ];
      await declare(store, pair('a', 'b'));
      expect(await declare(store, pair('b', 'a'))).toMatchObject({ added: [], removed: [] });
      const reports = await readSourceReports(store.reader);
      expect(reports.map(({ id, url }) => [id, url])).toEqual([
        ['b', one],
        ['a', two],
      ]);
    }));

  it('gives a source the id of a removed one with another URL, and renames the removed one', () =>
    withStore(engine, async (store) => {
      const [one, two] = ['https://example.org/1.xml', 'https://example.org/2.xml'];
      await declare(store, [aSource('a', { url: one }), aSource('b', { url: two, idDeclared: false })]);
      // The source `b` is called `a` now, and the source `a` was removed.
      const declared = await declare(store, [aSource('a', { url: two, idDeclared: false })]);
      expect(declared).toMatchObject({ added: [], removed: ['a'] });
      const reports = await readSourceReports(store.reader);
      expect(reports.map(({ id, url, removedMs }) => [id, url, removedMs !== null])).toEqual([
        ['a', two, false],
        ['a~1', one, true],
      ]);
    }));

  it('stores equal entries of two sources that had the same id in succession as two items', () =>
    withStore(engine, async (store) => {
      const nameless = anItemDraft('one', { canonicalUrl: null });
      const url = 'https://example.org/1.xml';
      const fixture = await createStoreFixture(store, aSource('a', { url, idDeclared: false }));
      await fixture.read('a', [nameless]);
      await fixture.declare([
        aSource('renamed', { url, idDeclared: false }),
        aSource('a', { url: 'https://example.org/2.xml' }),
      ]);
      expect(await fixture.read('a', [nameless])).toMatchObject({ added: 1 });
      const [first, second] = await Promise.all([
        readItemByKey(store.reader, 'a:guid-one'),
        readItemByKey(store.reader, 'a:guid-one~2'),
      ]);
      expect([first?.source.id, second?.source.id]).toEqual(['renamed', 'a']);
    }));

  it('applies a shorter interval from the last read on', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      await declare(store, [aSource('a', { intervalMs: 2 * hour })], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        nextCheckMs: noon + 2 * hour,
        nextCheckReason: { code: 'interval_changed' },
      });
      await declare(store, [aSource('a', { intervalMs: 3 * day })], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + 2 * hour });
    }));

  it('makes a gone source due when its declaration changes or is restored', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      for (const id of ['a', 'b']) {
        const gone = aPollResult({ outcome: 'gone', goneMs: noon, nextCheckMs: noon + 9000 * day });
        await recordPoll(store, await fixture.claim(id), gone, noon);
      }
      expect(await dueIds(store, noon + day)).toEqual([]);
      await declare(store, [aSource('a', { declarationHash: 'new' })], noon + day);
      await declare(store, [aSource('a', { declarationHash: 'new' }), aSource('b')], noon + day);
      expect((await dueIds(store, noon + day)).sort()).toEqual(['a', 'b']);
    }));
});

describe.each(engines)('requesting a refresh on $name', (engine) => {
  it('makes every source due except gone ones', () =>
    withStore(engine, async (store) => {
      const fixture = await readOnce(store);
      await fixture.declare([aSource('a'), aSource('b'), aSource('gone')]);
      await recordPoll(store, await fixture.claim('gone'), aPollResult({ outcome: 'gone', goneMs: noon }), noon);
      expect(await requestRefresh(store, null, noon + hour)).toBe(2);
      expect((await dueIds(store, noon + hour)).sort()).toEqual(['a', 'b']);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckReason: { code: 'operator' } });
    }));

  it('makes only the named sources due, including gone ones', () =>
    withStore(engine, async (store) => {
      const fixture = await readOnce(store);
      await fixture.declare([aSource('a'), aSource('gone')]);
      await recordPoll(store, await fixture.claim('gone'), aPollResult({ outcome: 'gone', goneMs: noon }), noon);
      expect(await requestRefresh(store, ['gone', 'unknown'], noon + hour)).toBe(1);
      expect(await dueIds(store, noon + hour)).toEqual(['gone']);
    }));

  it('makes a source due a minute after the last read at the earliest', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      await requestRefresh(store, ['a'], noon + 10_000);
      expect(await dueIds(store, noon + 59_999)).toEqual([]);
      expect(await dueIds(store, noon + 60_000)).toEqual(['a']);
    }));

  it('does not make a source due before its Retry-After', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const history = { ...emptyPollHistory, retryAfterUntilMs: noon + day };
      await recordPoll(store, await fixture.claim('a'), aPollResult({ outcome: 'throttled', history }), noon);
      await requestRefresh(store, null, noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + day });
    }));

  it('takes effect after a read that is in progress', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const lease = await fixture.claim('a');
      await requestRefresh(store, ['a'], noon + 1000);
      await fixture.read('a', [], noon + 2000, { lease, toPollResult: () => aPollResult({ nextCheckMs: noon + day }) });
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        nextCheckMs: noon + 61_000,
        nextCheckReason: { code: 'operator' },
      });
    }));

  it('yields to a Retry-After that a read in progress receives', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const lease = await fixture.claim('a');
      await requestRefresh(store, ['a'], noon + 1000);
      const history = { ...emptyPollHistory, retryAfterUntilMs: noon + day };
      await recordPoll(
        store,
        lease,
        aPollResult({ outcome: 'throttled', history, nextCheckMs: noon + day }),
        noon + 2000,
      );
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + day });
    }));
});

describe.each(engines)('reports of sources on $name', (engine) => {
  it('contain the result of the last poll and the state of the source', () =>
    withStore(engine, async (store) => {
      const fixture = await readOnce(store);
      const failed = aPollResult({
        outcome: 'failed',
        failure: 'http_server_error',
        detail: 'the server answered 500',
        facts: { status: 500, bytes: 12, durationMs: 34.6, redirects: 0, notes: notesOf('etag_reused') },
        validators: null,
        bodyHash: null,
        nextCheckMs: noon + 2 * day,
        nextCheckReason: { code: 'back_off', failures: 3, throttling: null },
        failures: 1,
        firstFailedMs: noon + day,
      });
      await recordPoll(store, await fixture.claim('a', noon + day), failed, noon + day);
      expect(await readSourceReports(store.reader)).toMatchObject([
        {
          id: 'a',
          title: 'A',
          section: 'World',
          url: 'https://a.example.org/feed.xml',
          outcome: 'failed',
          failure: 'http_server_error',
          status: 500,
          detail: 'the server answered 500',
          notes: notesOf('etag_reused'),
          bytes: 12,
          durationMs: 35,
          failures: 1,
          firstFailedMs: noon + day,
          lastAttemptMs: noon + day,
          lastSuccessMs: noon,
          lastChangeMs: noon,
          nextCheckMs: noon + 2 * day,
          nextCheckReason: { code: 'back_off', failures: 3, throttling: null },
          leasedUntilMs: null,
          goneMs: null,
          removedMs: null,
          firstReadDone: true,
          items: 1,
        },
      ]);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ validators: { etag: '"v1"' }, failures: 1 });
    }));

  it('are in the order of the declarations, removed sources last', () =>
    withStore(engine, async (store) => {
      await declare(store, [aSource('a'), aSource('b'), aSource('c')]);
      await declare(store, [aSource('c'), aSource('a')]);
      expect((await readSourceReports(store.reader)).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    }));

  it("contain the feed's own title, or the host until it is known", () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, aSource('a', { title: null }));
      expect(await readSourceReports(store.reader)).toMatchObject([{ title: 'a.example.org', outcome: null }]);
      await fixture.read('a', aFeed([], { feedTitle: 'The Example' }));
      expect(await readSourceReports(store.reader)).toMatchObject([{ title: 'The Example' }]);
    }));

  it('do not contain the request headers, which may be secrets', () =>
    withStore(engine, async (store) => {
      await declare(store, [aSource('a', { headers: { Authorization: 'Bearer hidden-token' } })]);
      const rows = await store.reader.selectFrom('source').selectAll().execute();
      expect(JSON.stringify([rows, await readSourceReports(store.reader)])).not.toContain('hidden-token');
    }));
});
