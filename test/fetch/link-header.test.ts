import { describe, expect, it } from 'vitest';
import { headerList, readLinks } from '../../src/fetch/client/header-list.ts';

const base = 'https://example.org/blog/feed';
const links = (link: string | string[], max = 50) => readLinks(headerList({ link }), base, max);

describe('readLinks', () => {
  // Row S2 of test/cases/websub.md
  it.each<[string, string | string[], { rel: string; href: string }[]]>([
    ['a quoted relation', '<https://hub.example/>; rel="hub"', [{ rel: 'hub', href: 'https://hub.example/' }]],
    ['an unquoted relation', '<https://hub.example/>;rel=hub', [{ rel: 'hub', href: 'https://hub.example/' }]],
    ['any case', '<https://hub.example/>; REL=Hub', [{ rel: 'hub', href: 'https://hub.example/' }]],
    ['a relative target', '</feed>; rel=self', [{ rel: 'self', href: 'https://example.org/feed' }]],
    [
      'two relations in one',
      '<https://example.org/>; rel="self hub"',
      [
        { rel: 'self', href: 'https://example.org/' },
        { rel: 'hub', href: 'https://example.org/' },
      ],
    ],
    [
      'a list in one header',
      '<https://a.example/>; rel=hub, <https://b.example/>; rel="self"',
      [
        { rel: 'hub', href: 'https://a.example/' },
        { rel: 'self', href: 'https://b.example/' },
      ],
    ],
    [
      'several headers',
      ['<https://a.example/>; rel=hub', '<https://b.example/>; rel=self'],
      [
        { rel: 'hub', href: 'https://a.example/' },
        { rel: 'self', href: 'https://b.example/' },
      ],
    ],
    [
      'other parameters, with commas and brackets inside quotes',
      '<https://a.example/>; title="a, <b>; rel=\\"x\\""; type=text/html; rel=hub; crossorigin',
      [{ rel: 'hub', href: 'https://a.example/' }],
    ],
    [
      'the first of two rel parameters',
      '<https://a.example/>; rel=hub; rel=self',
      [{ rel: 'hub', href: 'https://a.example/' }],
    ],
    ['a comma in the target', '<https://a.example/?a,b>; rel=hub', [{ rel: 'hub', href: 'https://a.example/?a,b' }]],
  ])('reads %s', (_what, header, expected) => {
    expect(links(header)).toEqual(expected);
  });

  it.each([
    ['no relation', '<https://a.example/>'],
    ['an empty relation', '<https://a.example/>; rel=""'],
    ['a target that is not a URL', '<https://[>; rel=hub'],
    ['a link about another document', '<https://a.example/>; rel=hub; anchor="https://b.example/"'],
    ['no brackets', 'https://a.example/; rel=hub'],
    ['nothing', ''],
  ])('omits %s', (_what, header) => {
    expect(links(header)).toEqual([]);
  });

  it('stops at the maximum number of links', () => {
    expect(links('<https://a.example/>; rel="a b c d"', 2)).toHaveLength(2);
  });

  it.each([
    ['spaces', `<a>;${' '.repeat(16_000)}x`],
    ['brackets', '<a'.repeat(8_000)],
    ['semicolons', `<a>${'; a'.repeat(5_000)}<`],
    ['quotes', `<a>; a="${'\\"'.repeat(8_000)}`],
    ['equals signs', `<a>;${'='.repeat(16_000)}`],
  ])('parses a header full of %s in linear time', (_what, header) => {
    const startedMs = performance.now();
    links(header);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});
