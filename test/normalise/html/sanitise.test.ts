import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToText } from '../../../src/normalise/html/html-to-text.ts';
import { cleanHtml, cleanHtmlAndText, maxContentBytes, sanitiseHtml } from '../../../src/normalise/html/sanitise.ts';
import { vectors } from '../../fixtures/markup/vectors.ts';
import { threadCpuMs } from '../../support/cpu-time.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';
import { findForbidden } from './forbidden-html.ts';
import { randomHtml } from './random-html.ts';

/** Leaves time for a busy machine and for many runs. */
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

const baseUrl = 'https://feed.example/a/';

function clean(html: string): string {
  return sanitiseHtml(html, { baseUrl });
}

describe('sanitiseHtml against hostile markup', () => {
  it.each(vectors)('$id: neutralises $what', ({ html, becomes, text, holds = [] }) => {
    const result = clean(html);
    expect(findForbidden(result)).toEqual([]);
    if (becomes !== undefined) expect(result).toBe(becomes);
    if (text !== undefined) expect(htmlToText(result, 1000)).toBe(text);
    for (const part of holds) expect(result).toContain(part);
    expect(clean(result)).toBe(result);
  });

  it.each([
    '<script>1</script>',
    '<a href="javascript:1">x</a>',
    '<p onclick=x>',
    '<p>',
    '<!-- x -->',
  ])('is checked by a test oracle that detects %s', (html) => {
    expect(findForbidden(html)).not.toEqual([]);
  });
});

describe('sanitiseHtml on ordinary markup', () => {
  const cases: [string, string, string][] = [
    [
      'keeps the structure of the document',
      '<h2>T</h2><p>a <em>b</em><br>c</p><blockquote>q</blockquote>',
      '<h2>T</h2><p>a <em>b</em><br />c</p><blockquote>q</blockquote>',
    ],
    [
      'keeps tables',
      '<table><caption>c<tbody><tr><th scope=col colspan=2 style=x>h<td rowspan=0>d</table>',
      '<table><caption>c</caption><tbody><tr><th colspan="2" scope="col">h</th><td>d</td></tr></tbody></table>',
    ],
    [
      'keeps figures',
      '<figure><img src=p.png alt="A &amp; B" width="640px" height=50%><figcaption>c</figcaption></figure>',
      '<figure><img src="https://feed.example/a/p.png" alt="A &amp; B" width="640" loading="lazy" decoding="async" referrerpolicy="no-referrer" /><figcaption>c</figcaption></figure>',
    ],
    ['keeps entities and non-breaking spaces', 'a&nbsp;&amp;&lt;&eacute;&#128512;', 'a\u00a0&amp;&lt;é😀'],
    ['removes control characters, also those written as references', 'a&#1;b&#x8;c&#x202e;d\u0001e', 'abcde'],
    [
      'closes a paragraph where a block begins',
      '<p>a<ul><li>b<li><p>c</ul>d',
      '<p>a</p><ul><li>b</li><li><p>c</p></li></ul>d',
    ],
    [
      'turns landmarks into plain blocks',
      '<main><nav>a</nav><section>b</section></main>',
      '<div><div>a</div><div>b</div></div>',
    ],
    [
      'removes tracking parameters from links',
      '<a href="?id=1&amp;utm_source=feed">t</a>',
      '<a href="https://feed.example/a/?id=1" rel="noopener noreferrer nofollow ugc" referrerpolicy="no-referrer">t</a>',
    ],
    [
      'keeps mail and telephone links',
      '<a href="mailto:a@example.org">m</a>',
      '<a href="mailto:a@example.org" rel="noopener noreferrer nofollow ugc" referrerpolicy="no-referrer">m</a>',
    ],
    ['unwraps links to fragments and link targets', '<a href="#note">1</a><a name=note>2</a>', '12'],
    [
      'finds the address of a lazily loaded image',
      '<img src="data:image/gif;base64,AA" data-src="/p.jpg">',
      '<img src="https://feed.example/p.jpg" alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" />',
    ],
    [
      'keeps audio and video without autoplay',
      '<audio autoplay loop src=a.mp3></audio><video controls width=640><source src=v.webm type="video/webm"></video>',
      '<audio src="https://feed.example/a/a.mp3" controls preload="none"></audio><video controls preload="none" width="640"><source src="https://feed.example/a/v.webm" type="video/webm" /></video>',
    ],
    ['keeps the direction and language of text', '<p dir=RTL lang="he-IL">ש</p>', '<p dir="rtl" lang="he-il">ש</p>'],
    [
      'keeps list numbering',
      '<ol start=3 reversed type=a><li value=7>x</ol>',
      '<ol start="3" reversed><li value="7">x</li></ol>',
    ],
  ];
  it.each(cases)('%s', (_, html, expected) => {
    expect(clean(html)).toBe(expected);
    expect(findForbidden(expected)).toEqual([]);
  });

  it('drops relative addresses when there is no base', () => {
    expect(sanitiseHtml('<a href="/x">t</a><img src="p.png">', { baseUrl: null })).toBe('t');
  });

  it('drops iframes when they are not to be linked', () => {
    expect(cleanHtml('a<iframe src=https://v.example/></iframe>b', [baseUrl], 'dropped').html).toBe('ab');
  });
});

describe('sanitiseHtml within its limits', () => {
  it('truncates between characters and closes open elements', () => {
    const { html, truncated } = cleanHtml(`<div><p>${'é'.repeat(100_000)}</p></div>`, []);
    expect(truncated).toBe(true);
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(maxContentBytes);
    expect(Buffer.byteLength(html)).toBeGreaterThan(maxContentBytes - 8);
    expect(html.endsWith('é</p></div>')).toBe(true);
  });

  it('truncates neither inside a tag nor inside an entity', () => {
    const entities = cleanHtml('&amp;'.repeat(40_000), []);
    expect(entities.html).toBe('&amp;'.repeat(entities.html.length / 5));
    const tags = cleanHtml('<a href="https://example.org/">t</a>'.repeat(5_000), []);
    expect(tags.truncated && findForbidden(tags.html)).toEqual([]);
  });

  it('reports that nothing was truncated', () => {
    expect(cleanHtml('<p>short</p>', []).truncated).toBe(false);
  });

  it('keeps the text inside 20,000 nested elements', () => {
    const html = clean(`${'<div>'.repeat(20_000)}text${'</div>'.repeat(20_000)}`);
    expect(htmlToText(html, 100)).toBe('text');
    expect(html.match(/<div>/g)?.length).toBe(100);
  });

  const floods: [string, string][] = [
    ['20,000 nested elements', '<div>'.repeat(20_000)],
    ['40,000 open elements', '<i>'.repeat(40_000)],
    ['end tags that close nothing', '<i>'.repeat(20_000) + '</b>'.repeat(20_000)],
    ['280,000 tags', '<i>'.repeat(140_000) + '</b>'.repeat(140_000)],
    ['nested list items', '<li><div>'.repeat(20_000)],
    ['5,000 attributes', `<p ${Array.from({ length: 5_000 }, (_, n) => `a${n}=x`).join(' ')}>x`],
    ['an attribute of 1 MB', `<img src="${'x'.repeat(1_000_000)}">`],
    ['a srcset of 1 MB', `<img src=x srcset="${'a 1x, '.repeat(170_000)}">`],
    ['commas in a srcset', `<img src=x srcset="${', '.repeat(500_000)}">`],
    ['long style attributes', `<img src=x style="${'width: '.repeat(500)}">`.repeat(200)],
    ['iframes', '<iframe src=https://v.example></iframe>'.repeat(20_000)],
    ['unclosed iframes', '<iframe src=https://v.example>'.repeat(40_000)],
    ['unclosed comments', '<!--'.repeat(250_000)],
    ['angle brackets', '<'.repeat(1_000_000)],
    ['entities', '&amp;'.repeat(200_000)],
    ['20 MB of paragraphs', '<p>hello'.repeat(2_500_000)],
    [
      'formatting elements that a browser reopens',
      `${Array.from({ length: 600 }, (_, n) => `<b title=${n}>`).join('')}${'<p>'.repeat(600)}`,
    ],
  ];
  it.each(floods)(
    'takes a bounded time over %s',
    (_, html) => {
      let result = '';
      const spentMs = threadCpuMs(() => {
        result = clean(html);
      });
      // They take 10 to 500 ms. A quadratic step would take minutes.
      expect(spentMs).toBeLessThan(2_000);
      expect(Buffer.byteLength(result)).toBeLessThanOrEqual(maxContentBytes);
      expect(findForbidden(result)).toEqual([]);
    },
    60_000,
  );
});

describe('sanitiseHtml on arbitrary markup', () => {
  it(
    'leaves no element or attribute that is not allowed',
    () => {
      fc.assert(
        fc.property(randomHtml, (html) => {
          expect(findForbidden(clean(html))).toEqual([]);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'changes nothing when applied again',
    () => {
      fc.assert(
        fc.property(randomHtml, (html) => {
          const once = clean(html);
          expect(clean(once)).toBe(once);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );
});

describe('cleanHtmlAndText', () => {
  it(
    'returns what cleanHtml and htmlToText return, or null',
    () => {
      let read = 0;
      fc.assert(
        fc.property(randomHtml, (html) => {
          const both = cleanHtmlAndText(html, [baseUrl]);
          if (both === null) return;
          read++;
          expect(both).toEqual({ cleanHtml: cleanHtml(html, [baseUrl]), text: htmlToText(html, 100_000) });
        }),
        { numRuns: fuzzRuns },
      );
      expect(read).toBeGreaterThan(fuzzRuns / 5);
    },
    fuzzTimeoutMs,
  );

  it('agrees with cleanHtml on every vector that it accepts', () => {
    const read = vectors.map(({ html }) => ({ html, both: cleanHtmlAndText(html, [baseUrl]) }));
    for (const { html, both } of read) if (both !== null) expect(both.cleanHtml).toEqual(cleanHtml(html, [baseUrl]));
    expect(read.filter(({ both }) => both !== null).length).toBeGreaterThan(50);
  });

  const others: [string, string][] = [
    ['an embedded page', 'a<iframe src=https://v.example/></iframe>'],
    ['a control character', 'a\u0001b'],
    ['content of a size that one of them may cut', 'word '.repeat(10_000)],
    ['content that grows beyond its room', '<a href=/>x</a>'.repeat(2_000)],
  ];
  it.each(others)('returns null for %s', (_, html) => {
    expect(cleanHtmlAndText(html, [baseUrl])).toBeNull();
  });
});
