import { describe, expect, it } from 'vitest';
import {
  candidateKeys,
  type DocumentContext,
  type KnownEntry,
  type KnownItem,
  type KnownItems,
  matchEntry,
  renamedEntries,
  sourceScopedKey,
} from '../../../src/store/items/item-identity.ts';
import { anItemDraft } from '../../support/builders.ts';

const none = new Map<string, KnownEntry>();
const nothing = new Set<string>();
const alone: DocumentContext = { renamed: none, documentKeys: nothing, claimedUrls: nothing };

function entry(entryKey: string, itemId: number | null, over: Partial<KnownEntry> = {}): KnownEntry {
  return { appearanceId: 100 + (itemId ?? 0), entryKey, itemId, contentHash: 'hash', ...over };
}

/** An item with another title than the entries, unless a test sets one. */
function item(itemId: number, ownEntry: KnownEntry | null, over: Partial<KnownItem> = {}): KnownItem {
  return { itemId, ownEntry, title: 'Something else', url: 'https://example.net/one', enclosures: [], ...over };
}

function known(over: Partial<KnownItems> = {}): KnownItems {
  return {
    sourceId: 'a',
    sourceRef: 7,
    entries: none,
    items: new Map(),
    sameLink: new Map(),
    retiredKeys: new Set(),
    ...over,
  };
}

const link = 'http://example.net/one';

describe('matchEntry', () => {
  it('prefers the entry key to the link', () => {
    const entries = new Map([['guid-one', entry('guid-one', 5)]]);
    const items = new Map([[link, item(9, null)]]);
    expect(matchEntry(anItemDraft('one'), known({ entries, items }), alone)).toMatchObject({
      kind: 'known',
      itemId: 5,
      renamed: false,
    });
  });

  it('joins the item of another source with the same link', () => {
    const items = new Map([[link, item(9, null)]]);
    expect(matchEntry(anItemDraft('one'), known({ items }), alone)).toEqual({ kind: 'join', itemId: 9 });
  });

  it('creates a new item with the canonical URL as its key', () => {
    expect(matchEntry(anItemDraft('one'), known(), alone)).toEqual({ kind: 'new', key: link });
  });

  it('creates a new item with the entry key as its key when there is no canonical URL', () => {
    const nameless = anItemDraft('one', { canonicalUrl: null });
    expect(matchEntry(nameless, known(), alone)).toEqual({ kind: 'new', key: 'a:guid-one' });
  });

  it('does not use a link as a key again that the source lists under another guid', () => {
    const items = new Map([[link, item(9, entry('guid-old', 9))]]);
    expect(matchEntry(anItemDraft('one'), known({ items }), alone)).toEqual({ kind: 'new', key: 'a:guid-one' });
  });

  it.each([
    ['is unknown', known()],
    ['another source has listed', known({ items: new Map([[link, item(9, null)]]) })],
  ])('gives only the first entry of a document a link that %s', (_, store) => {
    expect(matchEntry(anItemDraft('one'), store, { ...alone, claimedUrls: new Set([link]) })).toEqual({
      kind: 'new',
      key: 'a:guid-one',
    });
  });

  it('recognises a retired link under a new guid', () => {
    expect(matchEntry(anItemDraft('one'), known({ retiredKeys: new Set([link]) }), alone)).toEqual({
      kind: 'retired',
      entry: null,
    });
  });

  it('recognises a retired entry key', () => {
    const tombstone = entry('guid-one', null);
    const entries = new Map([['guid-one', tombstone]]);
    expect(matchEntry(anItemDraft('one'), known({ entries }), alone)).toEqual({
      kind: 'retired',
      entry: tombstone,
    });
  });

  it('recognises a retired item key that was made from the entry key', () => {
    const nameless = anItemDraft('one', { canonicalUrl: null });
    expect(matchEntry(nameless, known({ retiredKeys: new Set(['a:guid-one']) }), alone).kind).toBe('retired');
  });

  it('appends the source number to a key that an earlier source with the same id has used', () => {
    const nameless = anItemDraft('one', { canonicalUrl: null });
    const items = new Map([['a:guid-one', item(3, null)]]);
    expect(matchEntry(nameless, known({ items }), alone)).toEqual({ kind: 'new', key: 'a:guid-one~7' });
  });

  it('recognises a renamed entry by its former key', () => {
    const was = entry('guid-old', 5);
    expect(matchEntry(anItemDraft('one'), known(), { ...alone, renamed: new Map([['guid-one', was]]) })).toEqual({
      kind: 'known',
      entry: was,
      itemId: 5,
      renamed: true,
    });
  });
});

describe('an unknown guid with a link that its source lists already', () => {
  const was = entry('guid-old', 5);
  const titled = (title: string, over: Partial<KnownItem> = {}) =>
    known({ items: new Map([[link, item(5, was, { title, ...over })]]) });

  it('is the same entry when the titles are similar', () => {
    const edited = anItemDraft('one', { title: 'The Title of one' });
    expect(matchEntry(edited, titled('Title of one'), alone)).toEqual({
      ...{ kind: 'known', entry: was, itemId: 5 },
      renamed: true,
    });
  });

  it('is the same entry when the content is equal, whatever title the owner uses', () => {
    const same = anItemDraft('one', { contentHash: was.contentHash });
    expect(matchEntry(same, titled('By another source'), alone)).toMatchObject({ kind: 'known', itemId: 5 });
  });

  it.each<[string, Parameters<typeof matchEntry>]>([
    ['has another title', [anItemDraft('one'), titled('Something else'), alone]],
    [
      'is in the same document as the old one',
      [anItemDraft('one'), titled('Title of one'), { ...alone, documentKeys: new Set(['guid-old']) }],
    ],
    [
      'follows another entry with that link',
      [anItemDraft('one'), titled('Title of one'), { ...alone, claimedUrls: new Set([link]) }],
    ],
    [
      'has another fragment in its link',
      [anItemDraft('one', { url: 'https://example.net/one#c2' }), titled('Title of one'), alone],
    ],
  ])('is another entry when it %s', (_, parts) => {
    expect(matchEntry(...parts)).toEqual({ kind: 'new', key: 'a:guid-one' });
  });
});

describe('renamedEntries', () => {
  /** A document of `all` entries; the links of the first `renamed` are known under guids that it no longer contains. */
  function move(renamed: number, all: number, stillThere: readonly string[] = []) {
    const drafts = Array.from({ length: renamed }, (_, index) => anItemDraft(`n${index}`));
    const items = new Map(
      drafts.map((one, index) => [one.canonicalUrl ?? '', item(index + 1, entry(`old-${index}`, index + 1))]),
    );
    const others = Array.from({ length: all - renamed }, (_, index) => `other-${index}`);
    const document = new Set([...drafts.map(({ entryKey }) => entryKey), ...others, ...stillThere]);
    return renamedEntries(drafts, document, known({ items }));
  }

  it('finds a move when more than half of a document has known links under new guids', () => {
    const renamed = move(6, 10);
    expect(renamed.size).toBe(6);
    expect(renamed.get('guid-n3')).toMatchObject({ entryKey: 'old-3', itemId: 4 });
  });

  it('finds no move in half of a document', () => {
    expect(move(5, 10).size).toBe(0);
  });

  it('finds no move in a document of one entry', () => {
    expect(move(1, 1).size).toBe(0);
  });

  it('finds no move when the document still contains the old entries', () => {
    expect(move(6, 6, ['old-0', 'old-1', 'old-2', 'old-3', 'old-4', 'old-5']).size).toBe(0);
  });

  it('omits an entry when the document still contains the old one', () => {
    const renamed = move(6, 6, ['old-2']);
    expect(renamed.size).toBe(5);
    expect(renamed.has('guid-n2')).toBe(false);
  });

  it('omits entries that are known by their guid', () => {
    const drafts = [anItemDraft('one'), anItemDraft('two')];
    const items = new Map(drafts.map((one) => [one.canonicalUrl ?? '', item(1, entry('old', 1))]));
    const entries = new Map([['guid-one', entry('guid-one', 1)]]);
    expect(renamedEntries(drafts, new Set(['guid-one', 'guid-two']), known({ items, entries })).size).toBe(0);
  });
});

describe('candidateKeys', () => {
  it('returns every key under which the entries may be stored, each once', () => {
    const drafts = [anItemDraft('one'), anItemDraft('two', { canonicalUrl: null }), anItemDraft('one')];
    expect(candidateKeys('a', drafts).sort()).toEqual(
      [sourceScopedKey('a', 'guid-one'), sourceScopedKey('a', 'guid-two'), link].sort(),
    );
  });
});
