import { describe, expect, it } from 'vitest';
import { checkFile } from '../../bench/conformance/checks.ts';
import type { Expectation, ExpectedEntry, ParserResult, ResultEntry } from '../../bench/conformance/corpus.ts';

const file = 'a.xml';

/** The fields that failed. */
function failing(expect: Expectation, read: Partial<ParserResult> | undefined): string[] {
  const result = read === undefined ? undefined : { file, ok: true, ...read };
  return checkFile({ file, expect }, result)
    .filter((check) => !check.passed)
    .map((check) => check.field);
}

const entryPasses = (entry: ExpectedEntry, read: ResultEntry): boolean =>
  failing({ ok: true, entries: [entry] }, { entries: [read] }).length === 0;

describe('checkFile', () => {
  it.each<[string, ExpectedEntry, ResultEntry, ResultEntry]>([
    ['an id', { id: 'a' }, { id: ' a' }, { id: 'A' }],
    ['a missing id', { id: 'a' }, { id: 'a' }, { id: null }],
    ['a title, escaped or not', { title: 'AT&T <3' }, { title: 'AT&amp;T &lt;3' }, { title: 'ATT <3' }],
    ['a missing title', { title: null }, {}, { title: 'Untitled' }],
    [
      'a link as a URL',
      { link: 'https://example.org' },
      { link: 'https://EXAMPLE.org/' },
      { link: 'http://example.org/' },
    ],
    ['a missing link', { link: null }, { link: '' }, { link: 'https://example.org/' }],
    ['a link that is not a URL', { link: 'tag:x' }, { link: 'tag:x' }, { link: null }],
    [
      'a date to the second',
      { published: '2026-01-01T10:00:00Z' },
      { published: '2026-01-01T11:00:00.700+01:00' },
      { published: '2026-01-01T10:00:01Z' },
    ],
    ['an update date', { updated: '2026-01-01' }, { updated: '2026-01-01T00:00:00Z' }, { published: '2026-01-01' }],
    ['a date from either field', { date: '2026-01-01' }, { updated: '2026-01-01' }, { published: '2026-01-02' }],
    ['a date that the document does not contain', { date: null }, { published: null }, { updated: '2026-01-01' }],
    ['one of several names', { author: 'Jo' }, { author: 'A, Jo &amp; B' }, { author: 'A' }],
    ['all categories', { categories: ['a', 'b'] }, { categories: ['b', 'c', 'a'] }, { categories: ['a'] }],
    ['some categories', { categories_include: ['a&b'] }, { categories: ['a&amp;b'] }, { categories: null }],
    [
      'the given fields of an enclosure',
      { enclosures: [{ url: 'https://example.org/a.mp3', length: '5' }] },
      { enclosures: [{ url: 'https://example.org/a.mp3', type: 'audio/mpeg', length: 5 }] },
      { enclosures: [{ url: 'https://example.org/a.mp3', type: 'audio/mpeg', length: null }] },
    ],
    [
      "an enclosure's type",
      { enclosures: [{ url: 'https://example.org/a', type: 'audio/mpeg' }] },
      { enclosures: [{ url: 'https://example.org/a', type: 'audio/mpeg' }] },
      { enclosures: [{ url: 'https://example.org/a', type: null }] },
    ],
    ['a summary, which may be the content', { has_summary: true }, { content: '<p>x' }, { summary: '<img>' }],
    ['a content, for which a summary is not enough', { has_content: true }, { content: 'x' }, { summary: 'x' }],
    ['the start of the text', { body_start: 'hiyou' }, { summary: '<p>Hi, <b>you</b> all' }, { content: 'Hello you' }],
  ])('checks %s', (_, entry, right, wrong) => {
    expect(entryPasses(entry, right)).toBe(true);
    expect(entryPasses(entry, wrong)).toBe(false);
  });

  it('compares entries in the order of the document', () => {
    const expectation: Expectation = { ok: true, entries: [{ id: '1' }, { id: '2' }, { id: '3' }] };
    expect(failing(expectation, { entries: [{ id: '1' }, { id: '2' }, { id: '3' }] })).toEqual([]);
    expect(failing(expectation, { entries: [{ id: '2' }, { id: '1' }] })).toEqual(['entry.id', 'entry.id', 'entry.id']);
  });

  it('checks the metadata of the feed and the number of its entries', () => {
    const expectation: Expectation = { ok: true, entries_count: 1, feed: { title: 'A', link: 'https://example.org/' } };
    expect(failing(expectation, { feed: { title: 'A', link: 'https://example.org' }, entries: [{}] })).toEqual([]);
    expect(failing(expectation, { feed: { title: 'B', link: null }, entries: [] })).toEqual([
      'feed.title',
      'feed.link',
      'entries_count',
    ]);
  });

  it('fails every check of a file that was not parsed', () => {
    const expectation: Expectation = { ok: true, entries_count: 0, entries: [{ title: null }] };
    expect(failing(expectation, { ok: false })).toEqual(['read', 'entries_count', 'entry.title']);
    expect(failing(expectation, undefined)).toEqual(['read', 'entries_count', 'entry.title']);
  });

  it('accepts any error, but no entries, for a document that is not a feed', () => {
    expect(failing({ ok: false }, { ok: false })).toEqual([]);
    expect(failing({ ok: false }, { entries: [] })).toEqual([]);
    expect(failing({ ok: false }, undefined)).toEqual([]);
    expect(failing({ ok: false }, { entries: [{}] })).toEqual(['rejects']);
  });

  it('requires a fast and small result without local file content for an attack', () => {
    expect(failing({ survives: true }, { ok: false, error: 'parse_error: no' })).toEqual([]);
    expect(failing({ survives: true }, { entries: [{ title: 'haha' }] })).toEqual([]);
    expect(failing({ survives: true }, undefined)).toEqual(['survives']);
    expect(failing({ survives: true }, { ok: false, error: 'parse_timeout: too slow' })).toEqual(['survives']);
    expect(failing({ survives: true }, { entries: [{ title: 'root:x:0:0:root' }] })).toEqual(['survives']);
    expect(failing({ survives: true }, { entries: [{ title: 'ha'.repeat(3_000_000) }] })).toEqual(['survives']);
  });

  it('ignores unknown keys of the index', () => {
    expect(entryPasses({ mood: 'good' } as ExpectedEntry, {})).toBe(true);
    expect(entryPasses({ constructor: 'x' } as unknown as ExpectedEntry, {})).toBe(true);
  });
});
