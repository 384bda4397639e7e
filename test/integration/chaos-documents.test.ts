import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/failure.ts';
import type { Note } from '../../src/domain/notes/note.ts';
import { type CaseRun, casesOf, createChaosSuite } from '../support/chaos/run-chaos-cases.ts';
import { notesOf } from '../support/notes.ts';

const suite = createChaosSuite('documents');

async function titles(run: CaseRun): Promise<readonly string[]> {
  return (await run.items()).map((item) => item.title);
}

/** Runs a case whose items are stored, with these notes. */
async function taken(row: string, variant: string, notes: readonly Note[]): Promise<CaseRun> {
  const run = await suite.open(row, variant);
  await run.readGoodDocument();
  await run.poll();
  expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, failures: 0, notes });
  return run;
}

describe('a response that is not a feed', () => {
  it.each<[string, string, Failure]>([
    ['H40', 'parked', 'not_feed'],
    ['H40', 'as a feed', 'not_feed'],
    ['H41', 'empty', 'empty'],
    ['H41', 'only a BOM', 'empty'],
    ['H41', 'only spaces', 'empty'],
    ['H47', 'nested', 'parse_limit'],
    ['H48', 'a million attributes', 'parse_limit'],
    ['H48', 'an attribute of 5 MB', 'parse_limit'],
    ['H48', 'a name of 5 MB', 'parse_limit'],
  ])('%s, %s: is recorded as %s; name, items and feeds are unchanged', async (row, variant, failure) => {
    await suite.fails(row, variant, failure);
  });
});

describe('a document with fewer items', () => {
  it('H42: removes no items', async () => {
    const run = await suite.open('H42', 'empty');
    const before = await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, notes: [] });
    const after = await run.snapshot();
    expect(after.items).toEqual(before.items);
    expect(after.feeds).toEqual(before.feeds);
  });

  it('H49: that is truncated yields its complete items and is requested again without validators', async () => {
    const run = await suite.open('H49', 'cut');
    const before = await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, notes: notesOf('partial_parse') });
    const found = await titles(run);
    expect(found).toHaveLength(33);
    expect(found).toContain('Number 30');
    expect(found).not.toContain('Number 31');
    const { validators, bodyHash } = await run.harness.state('chaos');
    expect({ validators, bodyHash }).toEqual({ validators: before.validators, bodyHash: before.bodyHash });
  });

  it('H43: of another publisher adds its items and keeps the old ones', async () => {
    const run = await suite.open('H43', 'hijacked');
    const before = await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, failures: 0 });
    expect(await run.notes()).toEqual(notesOf('identity_changed'));
    const items = await run.items();
    expect(items).toHaveLength(8);
    for (const { id, revision, withdrawnMs } of before.items) {
      expect(items.find((item) => item.id === id)).toMatchObject({ revision, withdrawnMs, url: expect.any(String) });
    }
  });
});

describe('declarations', () => {
  it.each([
    ['billion laughs', '&a20;'],
    ['quadratic blow-up', /^(&a;){300}/],
    ['5,000 declarations', 'Still here'],
  ])('H44, %s: are not expanded', async (variant, title) => {
    const run = await taken('H44', variant, expect.arrayContaining(notesOf('dtd_dropped')));
    expect((await titles(run)).filter((found) => found === title || found.match(title) !== null)).toHaveLength(1);
    for (const item of await run.items()) expect(item.title.length).toBeLessThanOrEqual(1_024);
  });

  it.each([
    ['entity', notesOf('dtd_dropped'), 'Got: &x;'],
    ['parameter entity', notesOf('dtd_dropped'), 'Still here'],
    ['external DTD', notesOf('dtd_dropped'), 'Still here'],
    ['XInclude', [], 'Here'],
    ['style sheet', [], 'Still here'],
  ])('H45, %s: fetch nothing', async (variant, notes, title) => {
    const run = await taken('H45', variant, expect.arrayContaining(notes));
    expect(await titles(run)).toContain(title);
    expect(run.chaos.canary.connections).toBe(0);
  });

  it('H46: cannot redefine predefined entities', async () => {
    const run = await taken('H46', 'shadow', notesOf('dtd_dropped'));
    expect(await titles(run)).toContain('1 < 2 & 3');
    for (const feed of ['rss', 'atom', 'json']) {
      expect((await run.harness.get(`/feed.${feed}`)).text).not.toMatch(/<script|<img/);
    }
  });
});

describe('invalid bytes and encodings', () => {
  it('H50: are replaced or removed, and the rest is read', async () => {
    const run = await taken('H50', 'bytes', expect.arrayContaining(notesOf('recovered')));
    const [first = ''] = await titles(run);
    expect(await titles(run)).toHaveLength(4);
    expect(first).toMatch(/^Déjà lu à Sète, à Besançon, à Orléans, à Nîmes .*Story 4 of the herald$/);
    expect(first).not.toMatch(/[\p{Cc}\p{Cs}]/u);
  });

  it.each([
    ['iso-8859-1 with C1', [], '“Quoted” é'],
    ['UTF-16 without BOM', notesOf('charset_guess'), 'Café €'],
    ['UTF-7', notesOf('charset_guess'), '+ADw-b+AD4- Café'],
  ])('H51, %s: are decoded by their real encoding', async (variant, notes, title) => {
    const run = await taken('H51', variant, notes);
    expect(await titles(run)).toContain(title);
  });

  it.each([
    ['XML 1.1', 'Story 4 of the herald'],
    ['wrong namespace', 'Number 4'],
    ['RSS in Atom', 'Story 4 of the herald'],
    ['odd case', 'Story 3 of the herald'],
  ])('H52, %s: are supported', async (variant, title) => {
    const run = await suite.open('H52', variant);
    const before = await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null });
    expect(await titles(run)).toContain(title);
    // The same entries in another encoding are the same entries.
    if (variant === 'odd case') expect(await run.items()).toEqual(before.items);
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('documents'));
  });
});
