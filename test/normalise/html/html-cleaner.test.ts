import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanHtml, maxContentBytes } from '../../../src/normalise/html/sanitise.ts';
import { vectors } from '../../fixtures/markup/vectors.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';
import { randomHtml } from './random-html.ts';
import { referenceClean } from './reference-cleaner.ts';

/** Leaves time for a busy machine and for many runs. */
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

const bases = ['https://feed.example/a/'];

describe('cleanHtml compared with sanitize-html', () => {
  // sanitize-html logs each invalid srcset to the console.
  beforeEach(() => void vi.spyOn(console, 'log').mockReturnValue());
  afterEach(() => void vi.restoreAllMocks());

  it.each(vectors)('$id: agrees on $what', ({ html }) => {
    expect(cleanHtml(html, bases)).toEqual(referenceClean(html, bases, maxContentBytes));
  });

  const places: [string, string][] = [
    [
      'elements at the limit of depth',
      `${'<b>'.repeat(99)}<section>a<section>b<script>c</script></section>d</section>e`,
    ],
    ['a noscript that an end tag around it ends', '<div><noscript></div><b>a</b></noscript><i>b</i>'],
    ['a noscript that never ends for browsers', '<div><noscript></div><b>a</b></noscriptx><i>b</i>'],
    ['end tags that only a parser sees', '<div><p><noscript></p><b>a</b>b</noscript>c'],
    ['an end tag in an attribute', '<div><noscript title="</noscript>"></div><b>a</b></noscript>b'],
    ['a noscript within a noscript', '<p><noscript><noscript></p>a</noscript>b</noscript>c'],
    ['a noscript that a browser ends later, and one after it', '<p><noscript></p>a</noscript>b<noscript>c</noscript>d'],
    ['an element that goes within one that goes', '<svg><svg><b>a</b></svg><b>b</b></svg><b>c</b>'],
    ['an end tag for an element around one that goes', '<div><select><b>a</div>b</select>c'],
    ['quotes and brackets in a value', `<abbr title='a "b" <c> &amp;amp; d'>e</abbr>`],
    ['a renamed element beside its namesake', '<section><div>a</section>b</div>c'],
  ];
  it.each(places)('agrees on %s', (_, html) => {
    expect(cleanHtml(html, bases)).toEqual(referenceClean(html, bases, maxContentBytes));
  });

  it('agrees on where content is truncated', () => {
    const parts = ['<p>héllo <b>w&amp;rld</b></p>', '<ul><li>one</li><li>two</ul>', '<img src="/p.png" alt="A & B">'];
    const html = Array.from({ length: 9_000 }, (_, index) => parts[(index * index) % 3]).join('');
    expect(cleanHtml(html, bases)).toEqual(referenceClean(html, bases, maxContentBytes));
    expect(cleanHtml(html, bases).truncated).toBe(true);
  });

  it(
    'agrees on anything (property)',
    () => {
      fc.assert(
        fc.property(randomHtml, (html) => {
          expect(cleanHtml(html, bases)).toEqual(referenceClean(html, bases, maxContentBytes));
        }),
        { numRuns: fuzzRuns * 5 },
      );
    },
    fuzzTimeoutMs * 5,
  );
});
