import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerptAround, highlightMatches } from '../../../src/domain/search/search-highlights.ts';
import { matchesSearch, parseSearchQuery, toSearchableText } from '../../../src/domain/search/search-query.ts';

/** The text with the highlighted parts in brackets. */
function marked(text: string, q: string): string {
  return highlightMatches(text, parseSearchQuery(q))
    .map((part) => (part.isMatch ? `[${part.text}]` : part.text))
    .join('');
}

describe('highlightMatches', () => {
  it.each([
    ['The budget vote', 'vote', 'The budget [vote]'],
    ['Über UBER über-all', 'uber', '[Über] [UBER] [über]-all'],
    ['Budget vote, budget; vote.', '"budget vote"', '[Budget vote], [budget; vote].'],
    ['rate rise rate', 'rate "rate rise"', '[rate rise] [rate]'],
    ['covid-19 and 19', 'covid-19', '[covid-19] and 19'],
    ['no match', 'vote -no section:world author:match', 'no match'],
    ['', 'vote', ''],
    ['<b>vote</b>', 'vote', '<b>[vote]</b>'],
  ])('marks in "%s" the matches of %s', (text, q, expected) => {
    expect(marked(text, q)).toBe(expected);
  });

  it('returns the whole text, and marks something whenever the search matches', () => {
    const words = fc.constantFrom('vote', 'Ünït', 'rate', '東京', 'e\u0301', '-', '"', ' ', '.', '🎈');
    const text = fc.array(words, { maxLength: 15 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (given, q) => {
        const query = parseSearchQuery(q);
        const parts = highlightMatches(given, query);
        expect(parts.map((part) => part.text).join('')).toBe(given);
        const found = query.required.length > 0 && matchesSearch({ ...query, excluded: [] }, toSearchableText(given));
        if (found) expect(parts.some(({ isMatch }) => isMatch)).toBe(true);
      }),
    );
  });
});

describe('excerptAround', () => {
  const long = `${'first words of it '.repeat(30)}and then the vote came ${'with many more after it '.repeat(30)}`;

  it('shows the part that contains the match', () => {
    const { text, hasMatch } = excerptAround(long, parseSearchQuery('vote'), 120);
    expect(hasMatch).toBe(true);
    expect(text).toMatch(/^….*the vote came.*…$/);
    expect(text.length).toBeLessThan(125);
  });

  it('shows the beginning when nothing matches or the match is there', () => {
    expect(excerptAround(long, parseSearchQuery('nowhere'), 100)).toMatchObject({
      hasMatch: false,
      text: /^first words/,
    });
    expect(excerptAround(long, parseSearchQuery('first'), 100).text).toMatch(/^first words.*…$/);
  });

  it('returns a short text unchanged, on one line', () => {
    expect(excerptAround('  a\n vote ', parseSearchQuery('vote'), 100)).toEqual({ text: 'a vote', hasMatch: true });
  });

  it('cuts a text without spaces, and never splits a character', () => {
    const { text } = excerptAround('🎈'.repeat(200), parseSearchQuery('x'), 99);
    expect(text.isWellFormed()).toBe(true);
    expect(text.length).toBeLessThanOrEqual(101);
  });
});
