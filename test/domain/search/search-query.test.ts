import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorSearchTerms,
  formatSearchQuery,
  isEmptyQuery,
  matchesSearch,
  matchesWords,
  parseSearchQuery,
  searchWords,
  toSearchableText,
} from '../../../src/domain/search/search-query.ts';

const holds = (query: string, text: string) => matchesSearch(parseSearchQuery(query), toSearchableText(text));

describe('searchWords', () => {
  it('splits a text at everything except letters and digits', () => {
    expect(searchWords('Rates rise 2.5 % — again, "COVID-19"!')).toEqual([
      'rates',
      'rise',
      '2',
      '5',
      'again',
      'covid',
      '19',
    ]);
  });

  it('removes case and accents of Latin letters, composed or not', () => {
    expect(searchWords('Ünïversität UNIVERSITA\u0308T Ế İstanbul')).toEqual([
      'universitat',
      'universitat',
      'e',
      'istanbul',
    ]);
  });

  it('folds the case of other scripts and keeps their letters apart', () => {
    expect(searchWords('ΣΊΣΥΦΟΣ Йога Ёлка')).toEqual(['σίσυφοσ', 'йога', 'ёлка']);
  });

  it('keeps a run of ideographs together', () => {
    expect(searchWords('東京2026年')).toEqual(['東京2026年']);
  });

  it('finds no word in punctuation', () => {
    expect(searchWords('— … !!! \u0301')).toEqual([]);
  });
});

describe('parseSearchQuery', () => {
  it('parses words, phrases and exclusions', () => {
    expect(parseSearchQuery('budget "rate rise" -sport -"stock market"')).toEqual({
      required: [['budget'], ['rate', 'rise']],
      excluded: [['sport'], ['stock', 'market']],
      includedScope: { sections: [], sources: [] },
      excludedScope: { sections: [], sources: [] },
      afterMs: null,
      beforeMs: null,
    });
  });

  it('parses date bounds', () => {
    const query = parseSearchQuery('vote after:2026-01-31 before:2026-02-28');
    expect(query.afterMs).toBe(Date.UTC(2026, 0, 31));
    expect(query.beforeMs).toBe(Date.UTC(2026, 1, 28));
    expect(query.required).toEqual([['vote']]);
  });

  it('searches for the words of an invalid date bound', () => {
    expect(parseSearchQuery('after:2026-02-31').required).toEqual([['after', '2026', '02', '31']]);
    expect(parseSearchQuery('before:yesterday').required).toEqual([['before', 'yesterday']]);
  });

  it('parses sections and sources, by name or slug', () => {
    const query = parseSearchQuery(
      'section:World SECTION:"Science & Nature" -section:sport source:wire -source:"The Paper"',
    );
    expect(query.includedScope).toEqual({ sections: ['world', 'science-nature'], sources: ['wire'] });
    expect(query.excludedScope).toEqual({ sections: ['sport'], sources: ['the-paper'] });
    expect([query.required, query.excluded]).toEqual([[], []]);
  });

  it('finds an author by name, and not by words of the text', () => {
    const text = (author: string, body: string) => toSearchableText(`${author} ${authorSearchTerms(author)} ${body}`);
    const finds = (q: string, given: string) => matchesSearch(parseSearchQuery(q), given);
    const article = text("Ana O'Neil-Groß", 'a text on someone else');
    for (const q of ['author:ana', 'author:"ana o neil"', 'AUTHOR:neil', "author:O'Neil", 'neil']) {
      expect(finds(q, article), q).toBe(true);
    }
    for (const q of ['author:text', 'author:someone', '-author:ana', 'author:"neil ana"']) {
      expect(finds(q, article), q).toBe(false);
    }
  });

  it('searches for the words of an unknown or empty field', () => {
    expect(parseSearchQuery('title:vote').required).toEqual([['title', 'vote']]);
    expect(parseSearchQuery('section: vote').required).toEqual([['section'], ['vote']]);
    expect(parseSearchQuery('section:!').includedScope.sections).toEqual([]);
    expect(parseSearchQuery('-before:2026-01-01').excluded).toEqual([['before', '2026', '01', '01']]);
  });

  it('extends an unclosed quotation mark to the end', () => {
    expect(parseSearchQuery('"rate rise').required).toEqual([['rate', 'rise']]);
  });

  it('is empty when there is no word', () => {
    for (const text of ['', '  ', '"" - -""', '!?']) expect(isEmptyQuery(parseSearchQuery(text))).toBe(true);
    expect(isEmptyQuery(parseSearchQuery('-a'))).toBe(false);
  });

  it('parses a hostile text quickly', () => {
    const started = performance.now();
    parseSearchQuery('-"'.repeat(50_000));
    parseSearchQuery('\u0301'.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('matchesWords', () => {
  it('agrees with matchesSearch, and scans the text for phrases only', () => {
    const given = toSearchableText('The council met, and the council agreed on a budget for Übersee');
    const words = new Set(given.split(' '));
    let looks = 0;
    const text = () => {
      looks += 1;
      return given;
    };
    for (const q of ['council', 'council budget', '"on a"', '"a on"', '-budget', '-"a on"', 'none "a b"', 'ubersee']) {
      const query = parseSearchQuery(q);
      expect(matchesWords(query, { words, text }), q).toBe(matchesSearch(query, given));
    }
    expect(looks).toBe(3);
  });
});

describe('matchesSearch', () => {
  it('requires every word, anywhere', () => {
    expect(holds('vote budget', 'The BUDGET: a vote')).toBe(true);
    expect(holds('vote budget', 'The vote')).toBe(false);
  });

  it('requires whole words', () => {
    expect(holds('vote', 'voters')).toBe(false);
    expect(holds('vote', 'devote')).toBe(false);
  });

  it('requires the words of a phrase next to each other and in order', () => {
    expect(holds('"rate rise"', 'a rate-rise')).toBe(true);
    expect(holds('"rate rise"', 'rise rate')).toBe(false);
    expect(holds('"rate rise"', 'rate will rise')).toBe(false);
  });

  it('rejects excluded words', () => {
    expect(holds('vote -sport', 'vote on sport')).toBe(false);
    expect(holds('-sport', 'vote')).toBe(true);
    expect(holds('-"own goal"', 'goal of our own')).toBe(true);
  });
});

describe('agreement with the full-text index', () => {
  const db = new Database(':memory:');
  db.exec(`create virtual table t using fts5(x, tokenize='unicode61 remove_diacritics 2');
    create virtual table v using fts5vocab(t, instance)`);

  /** The words that the full-text index finds in each text. */
  function indexWords(texts: readonly string[]): string[][] {
    db.exec('delete from t');
    const insert = db.prepare('insert into t(rowid, x) values (?, ?)');
    db.transaction(() => texts.forEach((text, row) => void insert.run(row + 1, text)))();
    const words = texts.map((): string[] => []);
    const rows = db.prepare('select doc, term from v order by doc, offset').all() as { doc: number; term: string }[];
    for (const { doc, term } of rows) words[doc - 1]?.push(term);
    return words;
  }

  // The scripts that news is written in. The index knows Unicode 6.1 and treats every later character as a letter, so a
  // few later ones are left out, and two letters with two accents each that it does not fold.
  const scripts: readonly (readonly [number, number])[] = [
    [0x01, 0x36f],
    [0x370, 0x377],
    [0x37a, 0x37e],
    [0x384, 0x527],
    [0x531, 0x58a],
    [0x591, 0x5c7],
    [0x5d0, 0x604],
    [0x606, 0x61b],
    [0x61e, 0x70d],
    [0x901, 0x977],
    [0xe01, 0xe5b],
    [0x10d0, 0x10fa],
    [0x1e00, 0x1fff],
    [0x2000, 0x2065],
    [0x2070, 0x20b9],
    [0x2100, 0x2189],
    [0x2190, 0x23f3],
    [0x3000, 0x30ff],
    [0x3105, 0x312d],
    [0x4e00, 0x9fcc],
    [0xac00, 0xd7a3],
    [0xff01, 0xffee],
    [0x1f300, 0x1f320],
    [0x20000, 0x2a6d6],
  ];
  const forgotten = new Set([0x1e0, 0x1e1]);

  it('finds the same words around every character of the scripts in use', () => {
    const texts = scripts.flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index)
        .filter((code) => !forgotten.has(code) && !/\p{Cn}/u.test(String.fromCodePoint(code)))
        .map((code) => `x${String.fromCodePoint(code)}y`),
    );
    const words = indexWords(texts);
    const differing = texts.filter((text, index) => searchWords(text).join(' ') !== words[index]?.join(' '));
    expect(texts.length).toBeGreaterThan(70_000);
    expect(differing).toEqual([]);
  });

  it('finds the same texts by the same search', () => {
    const piece = fc.constantFrom(
      'Rate',
      'rate',
      'RÂTE',
      'rise',
      'Йога',
      'йога',
      '東京',
      'covid-19',
      'ß',
      'ﬁ',
      '’',
      '.',
      '-',
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(' '));
    const asked = fc.array(fc.tuple(fc.constantFrom('', '-'), fc.array(piece, { minLength: 1, maxLength: 2 })), {
      minLength: 1,
      maxLength: 3,
    });
    const select = db.prepare('select rowid from t where t match ?');
    fc.assert(
      fc.property(text, asked, (written, phrases) => {
        const query = parseSearchQuery(phrases.map(([sign, words]) => `${sign}"${words.join(' ')}"`).join(' '));
        fc.pre(query.required.length > 0);
        indexWords([written]);
        const quote = (phrase: readonly string[]) => `"${phrase.join(' ')}"`;
        const not = query.excluded.map((phrase) => ` NOT ${quote(phrase)}`).join('');
        const found = select.get(`(${query.required.map(quote).join(' AND ')})${not}`) !== undefined;
        expect(matchesSearch(query, toSearchableText(written))).toBe(found);
      }),
      { numRuns: 300 },
    );
  });
});

describe('formatSearchQuery', () => {
  it('is equal for equivalent searches', () => {
    const text = formatSearchQuery(
      parseSearchQuery('-Sport vote  "rate rise" vote section:"World News" author:"A. Writer" after:2026-01-02'),
    );
    expect(text).toBe('"rate rise" -sport after:2026-01-02 author:"a writer" section:world-news vote');
    expect(formatSearchQuery(parseSearchQuery(text))).toBe(text);
  });

  it('is stable for any input', () => {
    const piece = fc.constantFrom(
      'vote',
      '-',
      '"',
      'section:',
      'source:',
      'author:',
      'after:',
      'before:',
      '2026-01-31',
      ' ',
      'é',
      '&',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const query = parseSearchQuery(pieces.join(''));
        expect(formatSearchQuery(parseSearchQuery(formatSearchQuery(query)))).toBe(formatSearchQuery(query));
      }),
    );
  });
});
