import { describe, expect, it } from 'vitest';
import { newItemRow } from '../../../src/store/items/merge-entry.ts';
import { type PublicSource, toItem, toPublicSource } from '../../../src/store/queries/map-item.ts';
import { anItemDraft, noon } from '../../support/builders.ts';

function shown(ref: number, over: Partial<PublicSource> = {}): PublicSource {
  return {
    ref,
    id: `s${ref}`,
    title: `S${ref}`,
    section: 'World',
    url: 'u',
    siteUrl: null,
    republish: 'full',
    ...over,
  };
}

function item(sources: readonly PublicSource[], ownerRef = 1) {
  const enclosures = [{ url: 'https://example.org/e.mp3', type: 'audio/mpeg', length: 5 }];
  const of = anItemDraft('one', { categories: ['a', 'b'], enclosures, author: 'Author' });
  return { row: { id: 9, ...newItemRow(of, { key: 'k', ownerRef, nowMs: noon, firstRead: true }) }, sources };
}

describe('toItem', () => {
  it('maps every field of an item', () => {
    expect(toItem(item([shown(1)]))).toEqual({
      id: 9,
      key: 'k',
      url: 'https://example.net/one',
      title: 'Title of one',
      summary: 'Summary of one',
      contentHtml: '<p>Text of one</p>',
      author: 'Author',
      language: 'en',
      section: 'World',
      source: { id: 's1', title: 'S1', url: 'u', siteUrl: null },
      alsoIn: [],
      sections: ['World'],
      republish: 'full',
      categories: ['a', 'b'],
      enclosures: [{ url: 'https://example.org/e.mp3', type: 'audio/mpeg', length: 5 }],
      imageUrl: null,
      publishedMs: noon - 3_600_000,
      updatedMs: null,
      firstSeenMs: noon,
      sortMs: noon - 3_600_000,
      revision: 1,
      backfill: true,
      withdrawnMs: null,
      withdrawalReason: null,
    });
  });

  it("puts the owner's section first, and each once", () => {
    const sources = [shown(2, { section: 'Science' }), shown(1), shown(3), shown(4, { section: 'Arts' })];
    const { sections, section, alsoIn } = toItem(item(sources));
    expect(section).toBe('World');
    expect(sections).toEqual(['World', 'Science', 'Arts']);
    expect(alsoIn.map(({ id }) => id)).toEqual(['s2', 's3', 's4']);
  });

  it('refuses an item whose owner is not among its sources', () => {
    expect(() => toItem(item([shown(2)]))).toThrow('no appearance at its owner');
  });
});

describe('toPublicSource', () => {
  const row = {
    ref: 1,
    id: 'a',
    title: null,
    feed_title: null,
    section: 'World',
    url: 'https://example.org/feed',
    site_url: null,
    republish: 'full',
    host: 'example.org',
  } as const;

  it.each([
    ['Declared', { title: 'Declared', feed_title: 'Its own' }],
    ['Its own', { feed_title: 'Its own' }],
    ['example.org', {}],
    ['a', { host: '' }],
  ])('has the title %s', (title, over) => {
    expect(toPublicSource({ ...row, ...over }).title).toBe(title);
  });
});
