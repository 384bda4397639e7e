import { describe, expect, it } from 'vitest';
import {
  formatItemsParams,
  parseItemsParams,
  parsePageSize,
  rejectUnknownParams,
} from '../../../src/web/shared/query-params.ts';

function choice(query: string) {
  return parseItemsParams(new URLSearchParams(query));
}

describe('parseItemsParams', () => {
  it('selects everything, backfilled items included, by default', () => {
    expect(choice('')).toEqual({
      filter: { sections: [], sources: [], categories: [], languages: [], q: null, backfill: true },
      limit: 50,
      before: null,
      byRelevance: false,
    });
  });

  it('ignores empty values', () => {
    expect(choice('section=&source=+&q=&limit=&before=&backfill=')).toEqual(choice(''));
  });

  it('sorts and pages by relevance only with a search', () => {
    expect(choice('q=rail&sort=relevance&before=r50-7')).toMatchObject({ byRelevance: true, before: 'r50-7' });
    expect(choice('sort=relevance').byRelevance).toBe(false);
    expect(choice('q=rail&sort=newest').byRelevance).toBe(false);
    for (const query of ['q=a&sort=best', 'q=a&before=r50-7', 'q=a&sort=relevance&before=5-7']) {
      expect(() => choice(query)).toThrow();
    }
  });

  it('refuses a search of more than 32 terms with a message that names the limit', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'a').join('+');
    expect(choice(`q=${words(32)}`).filter.q).not.toBeNull();
    for (const q of [
      words(33),
      `"${words(33)}"`,
      `-${words(33)}`,
      `${words(32)}+section:x`,
      `${words(32)}+-source:x`,
    ]) {
      expect(() => choice(`q=${q}`)).toThrow('Use at most 32 words and fields');
    }
  });

  it('accepts a search with a time range', () => {
    expect(choice('q=after:2026-01-01').filter.q).toBe('after:2026-01-01');
    expect(choice('q=rail+before:2026-02-01').filter.q).toBe('rail before:2026-02-01');
  });

  it.each(['true', '1'])('reads backfill=%s as true', (text) => {
    expect(choice(`backfill=${text}`).filter.backfill).toBe(true);
  });

  it.each(['false', '0'])('reads backfill=%s as false', (text) => {
    expect(choice(`backfill=${text}`).filter.backfill).toBe(false);
  });

  it.each(['1-2', '-5-2', '1768418460000-77'])('accepts the cursor %s', (before) => {
    expect(choice(`before=${before}`).before).toBe(before);
  });

  it.each([
    '1',
    '1-',
    '-1',
    'a-b',
    '1-2-3',
    '1.5-2',
    "1-2'--",
    '1-2\n',
    `${'9'.repeat(16)}-1`,
  ])('refuses the cursor %j', (before) => {
    expect(() => parseItemsParams(new URLSearchParams({ before }))).toThrow();
  });
});

describe('parsePageSize', () => {
  it.each([
    [null, 50],
    ['', 50],
    ['1', 1],
    ['500', 500],
  ])('reads %j as %d', (text, limit) => {
    expect(parsePageSize(text, 50)).toBe(limit);
  });

  it.each(['0', '-1', '1.5', '1e3', '0x10', ' 5', '10000000000', 'NaN', '501', '999999999'])('refuses %j', (text) => {
    expect(() => parsePageSize(text, 50)).toThrow('limit must be a whole number from 1 to 500');
  });
});

describe('formatItemsParams', () => {
  it.each([
    '',
    '?section=science-nature&section=world&limit=10',
    '?source=a&category=eu&language=en&q=rail+-road&backfill=false&before=5-1',
  ])('formats %s as it was parsed', (query) => {
    expect(formatItemsParams(choice(query))).toBe(query);
  });

  it('formats equivalent parameters identically', () => {
    expect(formatItemsParams(choice('limit=50&section=World&section=SCIENCE&section=world'))).toBe(
      '?section=science&section=world',
    );
  });
});

describe('rejectUnknownParams', () => {
  it('names the unknown parameter and the known ones, but no value', () => {
    const sent = new URLSearchParams('section=x&sektion=secret');
    expect(() => rejectUnknownParams(sent)).toThrow(
      /^The parameter 'sektion' is unknown\. The parameters are section, source, [^=]*before\.$/,
    );
    expect(() => rejectUnknownParams(sent, [])).toThrow(
      "The parameter 'section' is unknown. This address has no parameters.",
    );
    expect(() => rejectUnknownParams(new URLSearchParams('section=x&limit=1'))).not.toThrow();
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('refuses %s like any other name', (name) => {
    expect(() => rejectUnknownParams(new URLSearchParams({ [name]: '1' }))).toThrow('is unknown. The parameters are');
    expect(() => rejectUnknownParams(new URLSearchParams(`${name}=1`))).toThrow(`'${name}'`);
  });

  it('quotes only the start of a long name', () => {
    expect(() => rejectUnknownParams(new URLSearchParams(`${'x'.repeat(9000)}=1`))).toThrow(/'x{60}'/);
  });
});
