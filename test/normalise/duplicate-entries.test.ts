import { describe, expect, it } from 'vitest';
import { normaliseFeed } from '../../src/normalise/normalise-feed.ts';
import { startCpuTimer } from '../support/cpu-time.ts';
import { notesOf } from '../support/notes.ts';
import { ordinaryItem, parsedFeed, plainOptions } from '../support/parsed-feed.ts';

const link = 'https://site.example/story';
const titled = (value: string) => ({ title: { type: 'text' as const, value } });
const text = (value: string) => ({ content: { type: 'text' as const, value } });

/** The remaining guids, oldest first, and the notes. */
function read(items: readonly Parameters<typeof ordinaryItem>[1][]) {
  const { drafts, notes } = normaliseFeed(
    parsedFeed(items.map((part, index) => ordinaryItem(index, { link, ...part }))),
    plainOptions(),
  );
  return { guids: drafts.map(({ guid }) => guid).sort(), notes, urls: drafts.map(({ canonicalUrl }) => canonicalUrl) };
}

describe('findDuplicateEntries', () => {
  it('keeps the more recently updated of two entries with different guids', () => {
    const story = titled('Storm hits the coast');
    expect(
      read([
        { guid: `${link}#1`, ...story, ...text('After the edit'), published: '2026-03-10T11:00:00Z' },
        { guid: `${link}#0`, ...titled('Storm hits the coast!'), published: '2026-03-10T10:00:00Z' },
      ]),
    ).toEqual({ guids: [`${link}#1`], notes: notesOf('dup_entry:1'), urls: [link] });
  });

  it('keeps the last entry when neither has a date', () => {
    expect(read([titled('Storm hits the coast'), titled('Storm hits the coast')]).guids).toEqual(['guid-1']);
  });

  it('compares links without their scheme', () => {
    const story = titled('Storm hits the coast');
    expect(read([story, { ...story, link: link.replace('https', 'http') }]).guids).toEqual(['guid-1']);
  });

  it('distinguishes two entries of a live blog by their titles', () => {
    expect(read([titled('The polls close'), titled('The first results come in')])).toEqual({
      ...{ guids: ['guid-0', 'guid-1'], notes: [] },
      urls: [null, null],
    });
  });

  it('distinguishes comments on one page by the fragments of their links', () => {
    const comment = titled('Comment by Ann on the storm');
    expect(
      read([
        { ...comment, link: `${link}#c1` },
        { ...comment, link: `${link}#c2` },
      ]).guids,
    ).toHaveLength(2);
  });

  it('does not treat entries that link to the home page as duplicates', () => {
    const today = { ...titled('Picture of the day'), link: 'https://site.example/' };
    expect(read([today, today]).guids).toHaveLength(2);
  });

  it('keeps three entries with one title and link when text and date differ', () => {
    const at = (hour: number) => ({
      ...titled('Ann updated the ticket'),
      ...text(`Step ${hour}`),
      published: `2026-03-10T0${hour}:00:00Z`,
    });
    expect(read([at(3), at(2), at(1)]).guids).toHaveLength(3);
  });

  it.each([
    ['text', [text('One'), text('One'), text('One')]],
    [
      'date',
      [{ published: '2026-03-10T10:00:00Z' }, { published: '2026-03-10T10:00:00Z' }].concat({
        published: '2026-03-10T10:00:00Z',
      }),
    ],
  ])('keeps one of three entries with one title and the same %s', (_, parts) => {
    expect(read(parts.map((part) => ({ ...titled('Storm hits the coast'), ...part }))).guids).toEqual(['guid-2']);
  });

  it('compares 5,000 entries of one link in linear time', () => {
    const items = Array.from({ length: 5_000 }, (_, index) => ({ ...titled(`Entry ${'x'.repeat(200)} ${index}`) }));
    const parsed = parsedFeed(items.map((part, index) => ordinaryItem(index, { link, ...part })));
    const spentMs = startCpuTimer();
    expect(normaliseFeed(parsed, plainOptions({ limit: 5_000 })).drafts).toHaveLength(5_000);
    // Comparing all pairs would take minutes.
    expect(spentMs()).toBeLessThan(5_000);
  });
});
