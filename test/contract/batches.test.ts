import { describe, expect, it } from 'vitest';
import { readHead } from '../../src/store/log/event-log.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { anItemDraft, aPollResult, aSource, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { manyDrafts, titlesOf } from './item-queries.ts';
import { engines, withStore } from './test-engines.ts';

const one = 'http://example.net/one';

describe.each(engines)('batches on $name', (engine) => {
  it('yield to the event loop between them, and announce the head after each', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const heads: string[] = [];
      const turns = setInterval(() => heads.push('turn'), 0);
      await fixture.read('a', manyDrafts(120), noon, { onCommit: (head) => heads.push(`head ${head}`) });
      clearInterval(turns);
      expect(heads.filter((line) => line !== 'turn')).toEqual(['head 50', 'head 100', 'head 120']);
      expect(heads.slice(heads.indexOf('head 50'), heads.indexOf('head 120'))).toContain('turn');
    }));

  it('store validators, outcome and the end of the first read with the last one', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const seen: unknown[] = [];
      const look = () => readPollState(store.reader, 'a').then((state) => seen.push(state));
      const looks: Promise<unknown>[] = [];
      await fixture.read('a', manyDrafts(60), noon, { onCommit: () => looks.push(look()) });
      await Promise.all(looks);
      expect(seen).toMatchObject([
        { validators: { etag: null }, bodyHash: null, firstReadDone: false },
        { validators: { etag: '"1"' }, bodyHash: 'body', firstReadDone: true },
      ]);
    }));

  it('keep the stored validators when the poll result has none', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      const settle = () => aPollResult({ validators: null, bodyHash: null });
      await fixture.read('a', [anItemDraft('one')], noon, { toPollResult: settle });
      expect(await readPollState(store.reader, 'a')).toMatchObject({ validators: { etag: '"1"' }, bodyHash: 'body' });
    }));

  it('stop when the source is declared again in the meantime, and store the rest at the next poll', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const again = { sources: [aSource('a', { declarationHash: 'another' })] };
      const declared: Promise<unknown>[] = [];
      const onBatch = () => declared.push(declareSources(store, again, noon));
      expect(await fixture.read('a', manyDrafts(120), noon, { onCommit: onBatch })).toEqual({ kind: 'lease-lost' });
      await Promise.all(declared);
      expect(await readPollState(store.reader, 'a')).toMatchObject({
        firstReadDone: false,
        validators: { etag: null },
      });
      expect(await fixture.read('a', manyDrafts(120))).toMatchObject({ kind: 'stored', added: 70 });
      expect((await fixture.events()).every(({ backfill }) => backfill)).toBe(true);
      expect(await titlesOf(store)).toHaveLength(120);
    }));
});

describe.each(engines)('a lost lease on $name', (engine) => {
  it.each([
    [
      'another process has claimed the source',
      async (fixture: StoreFixture) => void (await fixture.claim('a', noon + 10 * minute)),
    ],
    ['the source was removed', (fixture: StoreFixture) => fixture.declare([])],
    [
      'the declaration of the source has changed',
      (fixture: StoreFixture) => fixture.declare([aSource('a', { declarationHash: 'new' })]),
    ],
    [
      'the source has another URL',
      (fixture: StoreFixture) => fixture.declare([aSource('a', { url: 'https://example.com/x' })]),
    ],
  ])('stores nothing once %s', (_, loseLease) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const lease = await fixture.claim('a');
      await loseLease(fixture);
      const result = await fixture.read('a', [anItemDraft('one')], noon, { lease });
      expect(result).toEqual({ kind: 'lease-lost' });
      expect(await readHead(store.reader)).toMatchObject({ head: 0 });
      expect(await titlesOf(store)).toEqual([]);
    }));

  it('is not lost by a new title or section', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const lease = await fixture.claim('a');
      await fixture.declare([aSource('a', { title: 'Renamed', section: 'Science' })]);
      expect(await fixture.read('a', [anItemDraft('one')], noon, { lease })).toMatchObject({
        kind: 'stored',
        added: 1,
      });
      expect(await readItemByKey(store.reader, one)).toMatchObject({
        section: 'Science',
        source: { title: 'Renamed' },
      });
    }));
});

describe.each(engines)('the display setting of a source on $name', (engine) => {
  it.each([
    ['full', 'Summary of one', '<p>Text of one</p>'],
    ['summary', 'Summary of one', ''],
    ['link', '', ''],
  ] as const)('is, with republish: %s, the summary "%s" and the text "%s"', (republish, summary, contentHtml) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, aSource('a', { republish }));
      await fixture.read('a', [anItemDraft('one')]);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ summary, contentHtml, republish });
      const body = JSON.parse((await fixture.events())[0]?.body ?? '');
      expect([body.summary, body.html ?? '']).toEqual([summary, contentHtml]);
    }));

  it('is that of the current declaration, even for items stored earlier', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [anItemDraft('one')]);
      await fixture.declare([aSource('a', { republish: 'link', title: 'Renamed', section: 'Science' })]);
      expect(await readItemByKey(store.reader, one)).toMatchObject({
        contentHtml: '',
        section: 'Science',
        source: { title: 'Renamed' },
      });
    }));
});
