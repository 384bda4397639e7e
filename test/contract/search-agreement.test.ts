import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import { searchText } from '../../src/domain/events/wire-item.ts';
import {
  isEmptyQuery,
  matchesSearch,
  parseSearchQuery,
  toSearchableText,
} from '../../src/domain/search/search-query.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import { anItemDraft } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const words = [
  'budget',
  'Budget',
  'BÜDGET',
  'vote',
  'über',
  'uber',
  'ÎLE',
  'naïve',
  'x',
  'Дума',
  'дума',
  'ελλάς',
  '東京',
  'covid-19',
  '3.5',
  'don’t',
  'a_b',
  'e\u0301lan',
  'ﬁn',
  'ÆON',
];
const word = fc.constantFrom(...words);
const phrase = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' '));
const term = fc
  .tuple(
    fc.constantFrom('', '', '-', 'author:', '-author:'),
    fc.oneof(
      word,
      phrase.map((text) => `"${text}"`),
    ),
  )
  .map((parts) => parts.join(''));
const query = fc.array(term, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(' '));
const texts = fc.array(
  fc.array(word, { maxLength: 6 }).map((parts) => parts.join(' ')),
  { minLength: 5, maxLength: 20 },
);

describe.each(engines)('search in the database and on the log, on $name', (engine) => {
  it('finds the same items for every query', () =>
    fc.assert(
      fc.asyncProperty(texts, fc.array(query, { minLength: 10, maxLength: 20 }), (summaries, queries) =>
        withStore(engine, async (store) => {
          const fixture = await createStoreFixture(store, 'a');
          const drafts = summaries.map((summary, index) =>
            anItemDraft(`${index}`, { title: '-', summary, contentHtml: '', author: summaries[index + 1] ?? null }),
          );
          await fixture.read('a', drafts);
          for (const q of queries) {
            const parsed = parseSearchQuery(q);
            if (isEmptyQuery(parsed)) continue;
            const found = await readItems(store.reader, { filter: { ...everything, q }, limit: 100, before: null });
            const expected = drafts.filter((one) => matchesSearch(parsed, toSearchableText(searchText(one))));
            expect(found.items.map(({ url }) => url).sort(), q).toEqual(expected.map(({ url }) => url).sort());
          }
        }),
      ),
      { numRuns: 8 },
    ));
});
