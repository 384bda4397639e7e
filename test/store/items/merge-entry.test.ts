import { describe, expect, it } from 'vitest';
import type { ItemDraft } from '../../../src/domain/items/item.ts';
import { changedFields, mergeEntry, newItemRow } from '../../../src/store/items/merge-entry.ts';
import { type PublicSource, type StoredItem, toItem } from '../../../src/store/queries/map-item.ts';
import { day, draft, hour, minute, noon } from '../../support/store-fixture.ts';

function shown(ref: number, over: Partial<PublicSource> = {}): PublicSource {
  const id = `s${ref}`;
  const url = `https://feeds.example.com/${id}.xml`;
  return { ref, id, title: id, section: 'World', url, siteUrl: null, republish: 'full', ...over };
}

const owner = shown(1);
const other = shown(2, { section: 'Science' });

function stored(of: ItemDraft, sources: readonly PublicSource[] = [owner]): StoredItem {
  const row = newItemRow(of, { key: 'key', ownerRef: sources[0]?.ref ?? 0, nowMs: noon, firstRead: false });
  return { row: { id: 1, ...row }, sources };
}

describe('newRow', () => {
  const about = { key: 'key', ownerRef: 1, nowMs: noon, firstRead: false };

  it.each([
    ['its date', noon - hour, noon - hour],
    ['the moment it was seen, without a date', null, noon],
    ['the moment it was seen, with a date ahead of us', noon + hour, noon],
  ])('sorts an item by %s', (_, publishedMs, sortMs) => {
    expect(newItemRow(draft('one', { publishedMs }), about).sort_ms).toBe(sortMs);
  });

  it('keeps a date ahead of us as the publisher gave it', () => {
    expect(newItemRow(draft('one', { publishedMs: noon + hour }), about).published_ms).toBe(noon + hour);
  });

  it.each([
    ['news', noon - 7 * day, false, 0],
    ['backfill, over a week old', noon - 7 * day - 1, false, 1],
    ['backfill, of a first read', noon, true, 1],
    ['news, without a date', null, false, 0],
  ])('marks an item as %s', (_, publishedMs, firstRead, backfill) => {
    expect(newItemRow(draft('one', { publishedMs }), { ...about, firstRead }).backfill).toBe(backfill);
  });

  it.each([
    ['en-GB', 'en'],
    ['PT_br', 'pt'],
    ['de', 'de'],
    [null, null],
  ])('notes of the language %s the primary subtag %s', (language, primary) => {
    expect(newItemRow(draft('one', { language }), about).primary_language).toBe(primary);
  });
});

describe('merge', () => {
  it("takes the owner's edit, raises the revision and names what changed", () => {
    const edit = draft('one', { title: 'Corrected', categories: ['eu'] });
    const { after, changed, deferred: held } = mergeEntry(stored(draft('one')), edit, owner, noon + hour);
    expect(changed).toEqual(['title', 'categories']);
    expect(held).toBe(false);
    expect(after.row).toMatchObject({ title: 'Corrected', revision: 2, content_hash: edit.contentHash });
  });

  it('keeps key, order, first sight, backfill and first publication of an item that is edited', () => {
    const before = stored(draft('one'));
    const { row } = mergeEntry(before, draft('one', { title: 'New', publishedMs: noon }), owner, noon + hour).after;
    const { key, sort_ms, first_seen_ms, backfill, published_ms } = before.row;
    expect(row).toMatchObject({ key, sort_ms, first_seen_ms, backfill, published_ms });
  });

  it.each([
    ['its own date of change', { publishedMs: noon, updatedMs: noon + 1 }, noon + 1],
    ['the new date of publication, without one of change', { publishedMs: noon }, noon],
    ['no date, when that of publication did not move on', { publishedMs: noon - 2 * hour }, null],
  ])('dates the edit by %s', (_, dates, updatedMs) => {
    const { after, changed } = mergeEntry(stored(draft('one')), draft('one', { title: 'New', ...dates }), owner, noon);
    expect(after.row.updated_ms).toBe(updatedMs);
    expect(changed).toEqual(updatedMs === null ? ['title'] : ['title', 'updatedAt']);
  });

  it('takes the date of an edit for that of publication when there was none', () => {
    const before = stored(draft('one', { publishedMs: null }));
    expect(mergeEntry(before, draft('one', { title: 'New' }), owner, noon).after.row.published_ms).toBe(noon - hour);
  });

  it('says nothing of other dates and another order of categories', () => {
    const before = stored(draft('one', { categories: ['a', 'b'] }));
    const dated = { publishedMs: noon, updatedMs: noon, categories: ['b', 'a'], contentHash: 'other' };
    const { after, changed } = mergeEntry(before, draft('one', dated), owner, noon);
    expect(changed).toEqual([]);
    expect(after.row).toMatchObject({ revision: 1, published_ms: noon - hour, updated_ms: null });
  });

  it('only adds the source to "also in" when it tells the same in other words', () => {
    const { after, changed } = mergeEntry(stored(draft('one')), draft('one', { title: 'Other' }), other, noon);
    expect(changed).toEqual(['alsoIn']);
    expect(after.row).toMatchObject({ title: 'Title of one', revision: 1 });
    expect(toItem(after)).toMatchObject({ alsoIn: [{ id: 's2', title: 's2' }], sections: ['World', 'Science'] });
  });

  it('sees nothing in other words of a source that is known to carry the item', () => {
    const before = stored(draft('one'), [owner, other]);
    const { after, changed } = mergeEntry(before, draft('one', { title: 'Other' }), other, noon);
    expect(changed).toEqual([]);
    expect(after.row).toBe(before.row);
  });

  it('writes an edit that no reader could see without an event', () => {
    const linkOnly = shown(1, { republish: 'link' });
    const edit = draft('one', { summary: 'Other summary', contentHtml: '<p>Other</p>' });
    const { after, changed } = mergeEntry(stored(draft('one'), [linkOnly]), edit, linkOnly, noon);
    expect(changed).toEqual([]);
    expect(after.row).toMatchObject({ revision: 1, content_hash: edit.contentHash, summary: 'Other summary' });
  });

  it('leaves a withdrawn item as it is, whoever edits or joins it', () => {
    const before = stored(draft('one'));
    const withdrawn = { ...before, row: { ...before.row, withdrawn_ms: noon } };
    for (const source of [owner, other]) {
      const { after, changed } = mergeEntry(withdrawn, draft('one', { title: 'Back again' }), source, noon + hour);
      expect(changed).toEqual([]);
      expect(after.row).toBe(withdrawn.row);
    }
  });
});

describe('ownership', () => {
  const publisher = shown(3, { url: 'https://example.net/feed.xml', section: 'Science' });
  const claimant = shown(4, { siteUrl: 'https://www.example.net/' });

  it("passes to the source whose feed is on the item's host, in one update", () => {
    const own = draft('one', { title: 'By the publisher' });
    const { after, changed } = mergeEntry(stored(draft('one')), own, publisher, noon);
    expect(changed).toEqual(['title', 'source', 'alsoIn', 'section']);
    expect(after.row).toMatchObject({ owner_ref: 3, owner_changed: 1, revision: 2, title: 'By the publisher' });
    expect(toItem(after)).toMatchObject({
      source: { id: 's3' },
      alsoIn: [{ id: 's1' }],
      sections: ['Science', 'World'],
    });
  });

  it('passes without a revision when the words are the same', () => {
    const { after, changed } = mergeEntry(stored(draft('one')), draft('one'), publisher, noon);
    expect(changed).toEqual(['source', 'alsoIn', 'section']);
    expect(after.row.revision).toBe(1);
  });

  it("passes to a source that says its site is on the item's host", () => {
    expect(mergeEntry(stored(draft('one')), draft('one'), claimant, noon).after.row.owner_ref).toBe(4);
  });

  it('does not pass to a source that only says so, from the one whose feed is there', () => {
    expect(mergeEntry(stored(draft('one'), [publisher]), draft('one'), claimant, noon).changed).toEqual(['alsoIn']);
  });

  it('passes from a source that only says so to the one whose feed is there', () => {
    expect(mergeEntry(stored(draft('one'), [claimant]), draft('one'), publisher, noon).after.row.owner_ref).toBe(3);
  });

  it('stays with the first of two equal claims', () => {
    const second = shown(5, { url: 'https://www.example.net/other.xml' });
    expect(mergeEntry(stored(draft('one'), [publisher]), draft('one'), second, noon).after.row.owner_ref).toBe(3);
  });

  it('passes only once', () => {
    const passed = mergeEntry(stored(draft('one')), draft('one'), claimant, noon).after;
    expect(passed.row.owner_ref).toBe(4);
    const again = mergeEntry(passed, draft('one', { title: 'By the publisher' }), publisher, noon + hour);
    expect(again.changed).toEqual(['alsoIn']);
    expect(again.after.row.owner_ref).toBe(4);
  });

  it('stays where the item has no link to tell a host by', () => {
    const nameless = draft('one', { url: null });
    expect(mergeEntry(stored(nameless), nameless, publisher, noon).after.row.owner_ref).toBe(1);
  });
});

describe('the limit on edits', () => {
  function edited(times: readonly number[]) {
    let item = stored(draft('one'));
    return times.map((atMs, index) => {
      const merged = mergeEntry(item, draft('one', { title: `Version ${index}` }), owner, atMs);
      if (!merged.deferred) item = merged.after;
      return merged.deferred;
    });
  }

  it('takes three edits within an hour and holds the fourth back', () => {
    expect(edited([noon, noon + minute, noon + 2 * minute, noon + 3 * minute])).toEqual([false, false, false, true]);
  });

  it('takes the fourth an hour after the first', () => {
    expect(edited([noon, noon + minute, noon + 2 * minute, noon + hour])).toEqual([false, false, false, false]);
  });

  it('does not count edits from ahead of a clock that was turned back', () => {
    expect(edited([noon + day, noon + day, noon + day, noon])).toEqual([false, false, false, false]);
  });

  it('holds back nothing when a source joins or ownership passes', () => {
    const before = stored(draft('one'));
    const busy = { ...before, row: { ...before.row, recent_edits: JSON.stringify([noon, noon, noon]) } };
    const publisher = shown(3, { url: 'https://example.net/feed.xml' });
    expect(mergeEntry(busy, draft('one', { title: 'Other' }), other, noon).deferred).toBe(false);
    expect(mergeEntry(busy, draft('one', { title: 'Own' }), publisher, noon)).toMatchObject({ deferred: false });
  });
});

describe('changedFields', () => {
  it('names every field of the wire that differs', () => {
    const before = toItem(stored(draft('one')));
    const after = {
      ...before,
      url: 'https://example.net/moved',
      title: 't',
      summary: 's',
      contentHtml: 'h',
      author: 'Author',
      source: { ...before.source, id: 'elsewhere' },
      alsoIn: [{ id: 'x', title: 'X' }],
      section: 'Elsewhere',
      categories: ['c'],
      language: 'de',
      imageUrl: 'https://example.net/i.png',
      enclosures: [{ url: 'https://example.net/e.mp3', type: null, length: null }],
      publishedMs: 1,
      updatedMs: 2,
    };
    expect(changedFields(before, after)).toEqual([
      ...['url', 'title', 'summary', 'html', 'author', 'source', 'alsoIn', 'section', 'categories', 'language'],
      ...['image', 'enclosures', 'publishedAt', 'updatedAt'],
    ]);
    expect(changedFields(before, before)).toEqual([]);
  });

  it('does not take a new title of the source for a change of the item', () => {
    const before = toItem(stored(draft('one')));
    expect(changedFields(before, { ...before, source: { ...before.source, title: 'Renamed' } })).toEqual([]);
  });
});
