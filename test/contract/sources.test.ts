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
import { notesOf } from '../support/notes.ts';
import { day, digest, draft, hour, minute, noon, StoreFixture, settlement, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

function declare(store: Store, sources: readonly Source[], nowMs = noon) {
  return declareSources(store, { sources }, nowMs);
}

async function dueIds(store: Store, nowMs = noon): Promise<string[]> {
  return (await readDueSources(store.reader, nowMs, 10_000)).map(({ id }) => id);
}

/** Declares `a`, reads it once with success and settles it to be due in a day. */
async function readOnce(store: Store, declared = source('a')): Promise<StoreFixture> {
  const room = new StoreFixture(store);
  await room.declare([declared]);
  const settle = () => settlement({ nextCheckMs: noon + day, validators: { etag: '"v1"', lastModified: 'yesterday' } });
  await room.read(declared.id, [draft('one')], noon, { toPollResult: settle });
  return room;
}

describe.each(engines)('declaring sources on $name', (engine) => {
  it('adds new ones, due at once', () =>
    withStore(engine, async (store) => {
      const declared = await declare(store, [source('a'), source('b')]);
      expect(declared).toEqual({ added: ['a', 'b'], changed: [], removed: [], restored: [] });
      expect(await dueIds(store)).toEqual(['a', 'b']);
      expect(await readPollState(store.reader, 'a')).toEqual({
        validators: { etag: null, lastModified: null },
        bodyHash: null,
        nextCheckMs: noon,
        nextCheckReason: { code: 'never_read' },
        failures: 0,
        firstFailedMs: null,
        firstReadDone: false,
        goneMs: null,
        movedTo: null,
        history: emptyPollHistory,
      });
    }));

  it('changes nothing when nothing changed', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      const before = await readPollState(store.reader, 'a');
      expect(await declare(store, [source('a')], noon + hour)).toEqual({
        added: [],
        changed: [],
        removed: [],
        restored: [],
      });
      expect(await readPollState(store.reader, 'a')).toEqual(before);
      expect(await dueIds(store, noon + hour)).toEqual([]);
    }));

  it('spreads what is beyond two hundred new ones over an hour', () =>
    withStore(engine, async (store) => {
      const all = Array.from({ length: 500 }, (_, index) => source(`s${index}`));
      await declare(store, all);
      expect(await dueIds(store)).toHaveLength(200);
      expect((await dueIds(store, noon + 30 * minute)).length).toBe(350);
      expect(await dueIds(store, noon + hour)).toHaveLength(500);
    }));

  it('lets a removed source rest, and its state and items outlive it', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      expect(await declare(store, [], noon + hour)).toMatchObject({ removed: ['a'] });
      expect(await dueIds(store, noon + 2 * day)).toEqual([]);
      expect(await readSourceReports(store.reader)).toMatchObject([{ id: 'a', removedMs: noon + hour, items: 1 }]);
      expect(await readItemByKey(store.reader, 'http://example.net/one')).not.toBeNull();
      expect(await declare(store, [source('a')], noon + 2 * hour)).toMatchObject({ added: [], restored: ['a'] });
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: '"v1"', lastModified: 'yesterday' },
        nextCheckMs: noon + day,
        firstReadDone: true,
      });
    }));

  it('makes the next read unconditional, and at once, when the declaration changes', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      expect(await declare(store, [source('a', { declarationHash: 'new' })], noon + hour)).toMatchObject({
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

  it('hands out no validators of a document that was read by other rules, and leaves its schedule alone', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const read = settlement({ nextCheckMs: noon + day, bodyHash: 'aa' });
      await recordPoll(store, await room.claim('a'), read, noon);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ validators: { etag: '"1"' }, bodyHash: 'aa' });
      const memory = { ...emptyPollHistory, rulesVersion: rulesVersion - 1 };
      const lease = await room.claim('a', noon + day);
      await recordPoll(store, lease, { ...read, nextCheckMs: noon + 2 * day, history: memory }, noon + day);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: null, lastModified: null },
        bodyHash: null,
        nextCheckMs: noon + 2 * day,
        nextCheckReason: { code: 'adaptive_interval', intervalMs: hour },
      });
    }));

  it('judges a source anew when the declaration changes, and only then', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const formerly = { title: 'Example', site: 'example.org', untilMs: noon };
      const memory = { ...emptyPollHistory, idsDistrusted: true, previousIdentity: formerly, newItemsStreak: 2 };
      await recordPoll(store, await room.claim('a'), settlement({ history: memory }), noon);
      await declare(store, [source('a', { intervalMs: hour })], noon + hour);
      expect((await readPollState(store.reader, 'a'))?.history).toEqual(memory);
      await declare(store, [source('a', { declarationHash: 'new' })], noon + hour);
      expect((await readPollState(store.reader, 'a'))?.history).toEqual({
        ...memory,
        idsDistrusted: false,
        previousIdentity: null,
      });
    }));

  it('asks no publisher before its Retry-After, whatever is declared', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const memory = { ...emptyPollHistory, retryAfterUntilMs: noon + day };
      await recordPoll(store, await room.claim('a'), settlement({ outcome: 'throttled', history: memory }), noon);
      await declare(store, [source('a', { declarationHash: 'new' })], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + day });
    }));

  it('begins afresh with a new URL under the same id, and knows the entries it has seen', () =>
    withStore(engine, async (store) => {
      const room = await readOnce(store);
      const moved = source('a', { url: 'https://example.com/new.xml' });
      await room.declare([moved], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        validators: { etag: null },
        nextCheckMs: noon + hour,
        nextCheckReason: { code: 'never_read' },
        firstReadDone: false,
      });
      expect(await room.read('a', [draft('one'), draft('two')], noon + hour)).toMatchObject({ added: 1 });
      expect((await room.events()).at(-1)).toMatchObject({ op: 'add', backfill: true });
    }));

  it('keeps state and items when an id changes that nobody wrote', () =>
    withStore(engine, async (store) => {
      const url = 'https://example.org/feed.xml';
      const room = await readOnce(store, source('old-title', { url, idDeclared: false }));
      await room.declare([source('new-title', { url, idDeclared: false })], noon + hour);
      expect(await readPollState(store.reader, 'old-title')).toBeNull();
      expect(await readPollState(store.reader, 'new-title')).toMatchObject({ validators: { etag: '"v1"' } });
      expect(await readItemByKey(store.reader, 'http://example.net/one')).toMatchObject({
        source: { id: 'new-title' },
      });
      expect(await room.read('new-title', [draft('one')], noon + day)).toMatchObject({ added: 0, events: 0 });
    }));

  it('lets two sources exchange ids that nobody wrote', () =>
    withStore(engine, async (store) => {
      const [one, two] = ['https://example.org/1.xml', 'https://example.org/2.xml'];
      const pair = (first: string, second: string) => [
        source(first, { url: one, idDeclared: false }),
        source(second, { url: two, idDeclared: false }),
      ];
      await declare(store, pair('a', 'b'));
      expect(await declare(store, pair('b', 'a'))).toMatchObject({ added: [], removed: [] });
      const reports = await readSourceReports(store.reader);
      expect(reports.map(({ id, url }) => [id, url])).toEqual([
        ['b', one],
        ['a', two],
      ]);
    }));

  it('gives an id to a new source although a removed one had it by another address', () =>
    withStore(engine, async (store) => {
      const [one, two] = ['https://example.org/1.xml', 'https://example.org/2.xml'];
      await declare(store, [source('a', { url: one }), source('b', { url: two, idDeclared: false })]);
      // What was b is called a now; what was a is gone.
      const declared = await declare(store, [source('a', { url: two, idDeclared: false })]);
      expect(declared).toMatchObject({ added: [], removed: ['a'] });
      const reports = await readSourceReports(store.reader);
      expect(reports.map(({ id, url, removedMs }) => [id, url, removedMs !== null])).toEqual([
        ['a', two, false],
        ['a~1', one, true],
      ]);
    }));

  it('keeps apart the items of two sources that had one id after each other', () =>
    withStore(engine, async (store) => {
      const nameless = draft('one', { canonicalUrl: null });
      const url = 'https://example.org/1.xml';
      const room = new StoreFixture(store);
      await room.declare([source('a', { url, idDeclared: false })]);
      await room.read('a', [nameless]);
      await room.declare([
        source('renamed', { url, idDeclared: false }),
        source('a', { url: 'https://example.org/2.xml' }),
      ]);
      expect(await room.read('a', [nameless])).toMatchObject({ added: 1 });
      const [first, second] = await Promise.all([
        readItemByKey(store.reader, 'a:guid-one'),
        readItemByKey(store.reader, 'a:guid-one~2'),
      ]);
      expect([first?.source.id, second?.source.id]).toEqual(['renamed', 'a']);
    }));

  it('counts a shorter interval from the last read', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      await declare(store, [source('a', { intervalMs: 2 * hour })], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        nextCheckMs: noon + 2 * hour,
        nextCheckReason: { code: 'interval_changed' },
      });
      await declare(store, [source('a', { intervalMs: 3 * day })], noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + 2 * hour });
    }));

  it('reads a gone source again when it is declared anew or put back', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      for (const id of ['a', 'b']) {
        const gone = settlement({ outcome: 'gone', goneMs: noon, nextCheckMs: noon + 9000 * day });
        await recordPoll(store, await room.claim(id), gone, noon);
      }
      expect(await dueIds(store, noon + day)).toEqual([]);
      await declare(store, [source('a', { declarationHash: 'new' })], noon + day);
      await declare(store, [source('a', { declarationHash: 'new' }), source('b')], noon + day);
      expect((await dueIds(store, noon + day)).sort()).toEqual(['a', 'b']);
    }));
});

describe.each(engines)('asking for a refresh on $name', (engine) => {
  it('makes every source due, but those that are gone', () =>
    withStore(engine, async (store) => {
      const room = await readOnce(store);
      await room.declare([source('a'), source('b'), source('gone')]);
      await recordPoll(store, await room.claim('gone'), settlement({ outcome: 'gone', goneMs: noon }), noon);
      expect(await requestRefresh(store, null, noon + hour)).toBe(2);
      expect((await dueIds(store, noon + hour)).sort()).toEqual(['a', 'b']);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckReason: { code: 'operator' } });
    }));

  it('makes only the named ones due, gone or not', () =>
    withStore(engine, async (store) => {
      const room = await readOnce(store);
      await room.declare([source('a'), source('gone')]);
      await recordPoll(store, await room.claim('gone'), settlement({ outcome: 'gone', goneMs: noon }), noon);
      expect(await requestRefresh(store, ['gone', 'unknown'], noon + hour)).toBe(1);
      expect(await dueIds(store, noon + hour)).toEqual(['gone']);
    }));

  it('waits a minute after the last read', () =>
    withStore(engine, async (store) => {
      await readOnce(store);
      await requestRefresh(store, ['a'], noon + 10_000);
      expect(await dueIds(store, noon + 59_999)).toEqual([]);
      expect(await dueIds(store, noon + 60_000)).toEqual(['a']);
    }));

  it('does not come before a Retry-After', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const memory = { ...emptyPollHistory, retryAfterUntilMs: noon + day };
      await recordPoll(store, await room.claim('a'), settlement({ outcome: 'throttled', history: memory }), noon);
      await requestRefresh(store, null, noon + hour);
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + day });
    }));

  it('is kept when it comes while the source is being read', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const lease = await room.claim('a');
      await requestRefresh(store, ['a'], noon + 1000);
      await room.read('a', [], noon + 2000, { lease, toPollResult: () => settlement({ nextCheckMs: noon + day }) });
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        nextCheckMs: noon + 61_000,
        nextCheckReason: { code: 'operator' },
      });
    }));

  it('yields to the Retry-After of the read that was going on', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const lease = await room.claim('a');
      await requestRefresh(store, ['a'], noon + 1000);
      const memory = { ...emptyPollHistory, retryAfterUntilMs: noon + day };
      await recordPoll(
        store,
        lease,
        settlement({ outcome: 'throttled', history: memory, nextCheckMs: noon + day }),
        noon + 2000,
      );
      expect(await readPollState(store.reader, 'a')).toMatchObject({ nextCheckMs: noon + day });
    }));
});

describe.each(engines)('reports of sources on $name', (engine) => {
  it('say how the last read went and what is known of the source', () =>
    withStore(engine, async (store) => {
      const room = await readOnce(store);
      const failed = settlement({
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
      await recordPoll(store, await room.claim('a', noon + day), failed, noon + day);
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

  it('come in the order of the declarations, removed sources last', () =>
    withStore(engine, async (store) => {
      await declare(store, [source('a'), source('b'), source('c')]);
      await declare(store, [source('c'), source('a')]);
      expect((await readSourceReports(store.reader)).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    }));

  it("show the feed's own title, or the host until it is known", () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a', { title: null })]);
      expect(await readSourceReports(store.reader)).toMatchObject([{ title: 'a.example.org', outcome: null }]);
      await room.read('a', digest([], { feedTitle: 'The Example' }));
      expect(await readSourceReports(store.reader)).toMatchObject([{ title: 'The Example' }]);
    }));

  it('hold nothing of the request headers, which may be secrets', () =>
    withStore(engine, async (store) => {
      await declare(store, [source('a', { headers: { Authorization: 'Bearer hidden-token' } })]);
      const rows = await store.reader.selectFrom('source').selectAll().execute();
      expect(JSON.stringify([rows, await readSourceReports(store.reader)])).not.toContain('hidden-token');
    }));
});
