import { describe, expect, it } from 'vitest';
import type { ItemDraft } from '../../../src/domain/items/item.ts';
import { changedFields, mergeEntry, newItemRow } from '../../../src/store/items/merge-entry.ts';
import { type PublicSource, type StoredItem, toItem } from '../../../src/store/queries/map-item.ts';
import { anItemDraft, day, hour, minute, noon } from '../../support/builders.ts';

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

describe('newItemRow', () => {
  const about = { key: 'key', ownerRef: 1, nowMs: noon, firstRead: false };

  it.each([
    ['its date', noon - hour, noon - hour],
    ['the time it was first seen, without a date', null, noon],
    ['the time it was first seen, with a date in the future', noon + hour, noon],
  ])('sorts an item by %s', (_, publishedMs, sortMs) => {
    expect(newItemRow(anItemDraft('one', { publishedMs }), about).sort_ms).toBe(sortMs);
  });

  it('keeps a publication date in the future', () => {
    expect(newItemRow(anItemDraft('one', { publishedMs: noon + hour }), about).published_ms).toBe(noon + hour);
  });

  it.each([
    ['news', noon - 7 * day, false, 0],
    ['backfill when it is over a week old', noon - 7 * day - 1, false, 1],
    ['backfill at a first read', noon, true, 1],
    ['news when it has no date', null, false, 0],
  ])('marks an item as %s', (_, publishedMs, firstRead, backfill) => {
    expect(newItemRow(anItemDraft('one', { publishedMs }), { ...about, firstRead }).backfill).toBe(backfill);
  });

  it.each([
    ['en-GB', 'en'],
    ['PT_br', 'pt'],
    ['de', 'de'],
    [null, null],
  ])('stores for the language %s the primary subtag %s', (language, primary) => {
    expect(newItemRow(anItemDraft('one', { language }), about).primary_language).toBe(primary);
  });
});

describe('mergeEntry', () => {
  it("applies the owner's edit, raises the revision and names the changed fields", () => {
    const edit = anItemDraft('one', { title: 'Corrected', categories: ['eu'] });
    const { after, changed, deferred } = mergeEntry(stored(anItemDraft('one')), edit, owner, noon + hour);
    expect(changed).toEqual(['title', 'categories']);
    expect(deferred).toBe(false);
    expect(after.row).toMatchObject({ title: 'Corrected', revision: 2, content_hash: edit.contentHash });
  });

  it('keeps key, order, time first seen, backfill and publication date of an edited item', () => {
    const before = stored(anItemDraft('one'));
    const { row } = mergeEntry(
      before,
      anItemDraft('one', { title: 'New', publishedMs: noon }),
      owner,
      noon + hour,
    ).after;
    const { key, sort_ms, first_seen_ms, backfill, published_ms } = before.row;
    expect(row).toMatchObject({ key, sort_ms, first_seen_ms, backfill, published_ms });
  });

  it.each([
    ['its update date', { publishedMs: noon, updatedMs: noon + 1 }, noon + 1],
    ['its new publication date when it has no update date', { publishedMs: noon }, noon],
    ['no date when its publication date is not later', { publishedMs: noon - 2 * hour }, null],
  ])('dates the edit by %s', (_, dates, updatedMs) => {
    const { after, changed } = mergeEntry(
      stored(anItemDraft('one')),
      anItemDraft('one', { title: 'New', ...dates }),
      owner,
      noon,
    );
    expect(after.row.updated_ms).toBe(updatedMs);
    expect(changed).toEqual(updatedMs === null ? ['title'] : ['title', 'updatedAt']);
  });

  it('uses the date of an edit as the publication date when there was none', () => {
    const before = stored(anItemDraft('one', { publishedMs: null }));
    expect(mergeEntry(before, anItemDraft('one', { title: 'New' }), owner, noon).after.row.published_ms).toBe(
      noon - hour,
    );
  });

  it('ignores other dates and another order of categories', () => {
    const before = stored(anItemDraft('one', { categories: ['a', 'b'] }));
    const dated = { publishedMs: noon, updatedMs: noon, categories: ['b', 'a'], contentHash: 'other' };
    const { after, changed } = mergeEntry(before, anItemDraft('one', dated), owner, noon);
    expect(changed).toEqual([]);
    expect(after.row).toMatchObject({ revision: 1, published_ms: noon - hour, updated_ms: null });
  });

  it('only adds another source with another wording to "also in"', () => {
    const { after, changed } = mergeEntry(
      stored(anItemDraft('one')),
      anItemDraft('one', { title: 'Other' }),
      other,
      noon,
    );
    expect(changed).toEqual(['alsoIn']);
    expect(after.row).toMatchObject({ title: 'Title of one', revision: 1 });
    expect(toItem(after)).toMatchObject({ alsoIn: [{ id: 's2', title: 's2' }], sections: ['World', 'Science'] });
  });

  it('ignores another wording of a source that is in "also in" already', () => {
    const before = stored(anItemDraft('one'), [owner, other]);
    const { after, changed } = mergeEntry(before, anItemDraft('one', { title: 'Other' }), other, noon);
    expect(changed).toEqual([]);
    expect(after.row).toBe(before.row);
  });

  it('stores an edit of fields that are not published, without an event', () => {
    const linkOnly = shown(1, { republish: 'link' });
    const edit = anItemDraft('one', { summary: 'Other summary', contentHtml: '<p>Other</p>' });
    const { after, changed } = mergeEntry(stored(anItemDraft('one'), [linkOnly]), edit, linkOnly, noon);
    expect(changed).toEqual([]);
    expect(after.row).toMatchObject({ revision: 1, content_hash: edit.contentHash, summary: 'Other summary' });
  });

  it('does not change a withdrawn item, by its owner or by another source', () => {
    const before = stored(anItemDraft('one'));
    const withdrawn = { ...before, row: { ...before.row, withdrawn_ms: noon } };
    for (const source of [owner, other]) {
      const { after, changed } = mergeEntry(
        withdrawn,
        anItemDraft('one', { title: 'Back again' }),
        source,
        noon + hour,
      );
      expect(changed).toEqual([]);
      expect(after.row).toBe(withdrawn.row);
    }
  });
});

describe('ownership', () => {
  const publisher = shown(3, { url: 'https://example.net/feed.xml', section: 'Science' });
  const claimant = shown(4, { siteUrl: 'https://www.example.net/' });

  it("is transferred to the source whose feed is on the item's host, in one update", () => {
    const own = anItemDraft('one', { title: 'By the publisher' });
    const { after, changed } = mergeEntry(stored(anItemDraft('one')), own, publisher, noon);
    expect(changed).toEqual(['title', 'source', 'alsoIn', 'section']);
    expect(after.row).toMatchObject({ owner_ref: 3, owner_changed: 1, revision: 2, title: 'By the publisher' });
    expect(toItem(after)).toMatchObject({
      source: { id: 's3' },
      alsoIn: [{ id: 's1' }],
      sections: ['Science', 'World'],
    });
  });

  it('is transferred without a new revision when the text is the same', () => {
    const { after, changed } = mergeEntry(stored(anItemDraft('one')), anItemDraft('one'), publisher, noon);
    expect(changed).toEqual(['source', 'alsoIn', 'section']);
    expect(after.row.revision).toBe(1);
  });

  it("is transferred to a source whose site is on the item's host", () => {
    expect(mergeEntry(stored(anItemDraft('one')), anItemDraft('one'), claimant, noon).after.row.owner_ref).toBe(4);
  });

  it("is not transferred from a source with its feed on the item's host to one with its site there", () => {
    expect(mergeEntry(stored(anItemDraft('one'), [publisher]), anItemDraft('one'), claimant, noon).changed).toEqual([
      'alsoIn',
    ]);
  });

  it("is transferred from a source with its site on the item's host to one with its feed there", () => {
    expect(
      mergeEntry(stored(anItemDraft('one'), [claimant]), anItemDraft('one'), publisher, noon).after.row.owner_ref,
    ).toBe(3);
  });

  it('stays with the first of two equal claims', () => {
    const second = shown(5, { url: 'https://www.example.net/other.xml' });
    expect(
      mergeEntry(stored(anItemDraft('one'), [publisher]), anItemDraft('one'), second, noon).after.row.owner_ref,
    ).toBe(3);
  });

  it('is transferred once at most', () => {
    const passed = mergeEntry(stored(anItemDraft('one')), anItemDraft('one'), claimant, noon).after;
    expect(passed.row.owner_ref).toBe(4);
    const again = mergeEntry(passed, anItemDraft('one', { title: 'By the publisher' }), publisher, noon + hour);
    expect(again.changed).toEqual(['alsoIn']);
    expect(again.after.row.owner_ref).toBe(4);
  });

  it('is not transferred when the item has no link', () => {
    const nameless = anItemDraft('one', { url: null });
    expect(mergeEntry(stored(nameless), nameless, publisher, noon).after.row.owner_ref).toBe(1);
  });
});

describe('the limit on edits', () => {
  function edited(times: readonly number[]) {
    let item = stored(anItemDraft('one'));
    return times.map((atMs, index) => {
      const merged = mergeEntry(item, anItemDraft('one', { title: `Version ${index}` }), owner, atMs);
      if (!merged.deferred) item = merged.after;
      return merged.deferred;
    });
  }

  it('applies three edits within an hour and defers the fourth', () => {
    expect(edited([noon, noon + minute, noon + 2 * minute, noon + 3 * minute])).toEqual([false, false, false, true]);
  });

  it('applies the fourth an hour after the first', () => {
    expect(edited([noon, noon + minute, noon + 2 * minute, noon + hour])).toEqual([false, false, false, false]);
  });

  it('does not count edits with times in the future after the clock was set back', () => {
    expect(edited([noon + day, noon + day, noon + day, noon])).toEqual([false, false, false, false]);
  });

  it('does not apply to a source that joins or a transfer of ownership', () => {
    const before = stored(anItemDraft('one'));
    const busy = { ...before, row: { ...before.row, recent_edits: JSON.stringify([noon, noon, noon]) } };
    const publisher = shown(3, { url: 'https://example.net/feed.xml' });
    expect(mergeEntry(busy, anItemDraft('one', { title: 'Other' }), other, noon).deferred).toBe(false);
    expect(mergeEntry(busy, anItemDraft('one', { title: 'Own' }), publisher, noon)).toMatchObject({ deferred: false });
  });
});

describe('changedFields', () => {
  it('returns every published field that differs', () => {
    const before = toItem(stored(anItemDraft('one')));
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

  it('ignores a new title of the source', () => {
    const before = toItem(stored(anItemDraft('one')));
    expect(changedFields(before, { ...before, source: { ...before.source, title: 'Renamed' } })).toEqual([]);
  });
});
