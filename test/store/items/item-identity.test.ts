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
import { draft } from '../../support/store-fixture.ts';

const none = new Map<string, KnownEntry>();
const nothing = new Set<string>();
const alone: DocumentContext = { renamed: none, documentKeys: nothing, claimedUrls: nothing };

function entry(entryKey: string, itemId: number | null, over: Partial<KnownEntry> = {}): KnownEntry {
  return { appearanceId: 100 + (itemId ?? 0), entryKey, itemId, contentHash: 'hash', ...over };
}

/** An item that is told apart by its title, unless a test says otherwise. */
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

describe('recognise', () => {
  it('knows an entry by its entry key before it looks at the link', () => {
    const entries = new Map([['guid-one', entry('guid-one', 5)]]);
    const items = new Map([[link, item(9, null)]]);
    expect(matchEntry(draft('one'), known({ entries, items }), alone)).toMatchObject({
      kind: 'known',
      itemId: 5,
      renamed: false,
    });
  });

  it('joins the item that another source brought under the same link', () => {
    const items = new Map([[link, item(9, null)]]);
    expect(matchEntry(draft('one'), known({ items }), alone)).toEqual({ kind: 'join', itemId: 9 });
  });

  it('makes a new item under the link that names it', () => {
    expect(matchEntry(draft('one'), known(), alone)).toEqual({ kind: 'new', key: link });
  });

  it('makes a new item under its entry key when no link names it', () => {
    const nameless = draft('one', { canonicalUrl: null });
    expect(matchEntry(nameless, known(), alone)).toEqual({ kind: 'new', key: 'a:guid-one' });
  });

  it('gives a link that its source already shows under another guid no second item of that key', () => {
    const items = new Map([[link, item(9, entry('guid-old', 9))]]);
    expect(matchEntry(draft('one'), known({ items }), alone)).toEqual({ kind: 'new', key: 'a:guid-one' });
  });

  it.each([
    ['is new', known()],
    ['is known from elsewhere', known({ items: new Map([[link, item(9, null)]]) })],
  ])('lets only the first of a batch have a link that %s', (_, store) => {
    expect(matchEntry(draft('one'), store, { ...alone, claimedUrls: new Set([link]) })).toEqual({
      kind: 'new',
      key: 'a:guid-one',
    });
  });

  it('lets no new guid bring back a retired link', () => {
    expect(matchEntry(draft('one'), known({ retiredKeys: new Set([link]) }), alone)).toEqual({
      kind: 'retired',
      entry: null,
    });
  });

  it('leaves a tombstone where it is', () => {
    const tombstone = entry('guid-one', null);
    const entries = new Map([['guid-one', tombstone]]);
    expect(matchEntry(draft('one'), known({ entries }), alone)).toEqual({
      kind: 'retired',
      entry: tombstone,
    });
  });

  it('lets no entry back whose own key was retired', () => {
    const nameless = draft('one', { canonicalUrl: null });
    expect(matchEntry(nameless, known({ retiredKeys: new Set(['a:guid-one']) }), alone).kind).toBe('retired');
  });

  it('sets its keys apart from those of an earlier source of the same id', () => {
    const nameless = draft('one', { canonicalUrl: null });
    const items = new Map([['a:guid-one', item(3, null)]]);
    expect(matchEntry(nameless, known({ items }), alone)).toEqual({ kind: 'new', key: 'a:guid-one~7' });
  });

  it('knows a renamed entry by the entry it was', () => {
    const was = entry('guid-old', 5);
    expect(matchEntry(draft('one'), known(), { ...alone, renamed: new Map([['guid-one', was]]) })).toEqual({
      kind: 'known',
      entry: was,
      itemId: 5,
      renamed: true,
    });
  });
});

describe('an unknown guid under a link that its source shows already', () => {
  const was = entry('guid-old', 5);
  const titled = (title: string, over: Partial<KnownItem> = {}) =>
    known({ items: new Map([[link, item(5, was, { title, ...over })]]) });

  it('is the same entry when the title is nearly the same', () => {
    const edited = draft('one', { title: 'The Title of one' });
    expect(matchEntry(edited, titled('Title of one'), alone)).toEqual({
      ...{ kind: 'known', entry: was, itemId: 5 },
      renamed: true,
    });
  });

  it('is the same entry when all its content is the same, whatever the owner calls it', () => {
    const same = draft('one', { contentHash: was.contentHash });
    expect(matchEntry(same, titled('By another source'), alone)).toMatchObject({ kind: 'known', itemId: 5 });
  });

  it.each<[string, Parameters<typeof matchEntry>]>([
    ['has another title', [draft('one'), titled('Something else'), alone]],
    ['stands beside it', [draft('one'), titled('Title of one'), { ...alone, documentKeys: new Set(['guid-old']) }]],
    [
      'comes after another of that link',
      [draft('one'), titled('Title of one'), { ...alone, claimedUrls: new Set([link]) }],
    ],
    [
      'has another fragment in its link',
      [draft('one', { url: 'https://example.net/one#c2' }), titled('Title of one'), alone],
    ],
  ])('is another entry when it %s', (_, parts) => {
    expect(matchEntry(...parts)).toEqual({ kind: 'new', key: 'a:guid-one' });
  });
});

describe('renamedEntries', () => {
  /** A document whose first `renamed` of `all` entries have links known under guids that are gone. */
  function move(renamed: number, all: number, stillThere: readonly string[] = []) {
    const drafts = Array.from({ length: renamed }, (_, index) => draft(`n${index}`));
    const items = new Map(
      drafts.map((one, index) => [one.canonicalUrl ?? '', item(index + 1, entry(`old-${index}`, index + 1))]),
    );
    const others = Array.from({ length: all - renamed }, (_, index) => `other-${index}`);
    const document = new Set([...drafts.map(({ entryKey }) => entryKey), ...others, ...stillThere]);
    return renamedEntries(drafts, document, known({ items }));
  }

  it('sees a move when more than half of a document has known links under new guids', () => {
    const renamed = move(6, 10);
    expect(renamed.size).toBe(6);
    expect(renamed.get('guid-n3')).toMatchObject({ entryKey: 'old-3', itemId: 4 });
  });

  it('sees none in half of a document', () => {
    expect(move(5, 10).size).toBe(0);
  });

  it('sees none in a single entry that took over a link', () => {
    expect(move(1, 1).size).toBe(0);
  });

  it('sees none where the old entries still stand beside the new ones', () => {
    expect(move(6, 6, ['old-0', 'old-1', 'old-2', 'old-3', 'old-4', 'old-5']).size).toBe(0);
  });

  it('leaves out an entry whose old self still stands beside it', () => {
    const renamed = move(6, 6, ['old-2']);
    expect(renamed.size).toBe(5);
    expect(renamed.has('guid-n2')).toBe(false);
  });

  it('leaves out entries that are known by their guid', () => {
    const drafts = [draft('one'), draft('two')];
    const items = new Map(drafts.map((one) => [one.canonicalUrl ?? '', item(1, entry('old', 1))]));
    const entries = new Map([['guid-one', entry('guid-one', 1)]]);
    expect(renamedEntries(drafts, new Set(['guid-one', 'guid-two']), known({ items, entries })).size).toBe(0);
  });
});

describe('candidateKeys', () => {
  it('names every key under which the entries could be found, once each', () => {
    const drafts = [draft('one'), draft('two', { canonicalUrl: null }), draft('one')];
    expect(candidateKeys('a', drafts).sort()).toEqual(
      [sourceScopedKey('a', 'guid-one'), sourceScopedKey('a', 'guid-two'), link].sort(),
    );
  });
});
