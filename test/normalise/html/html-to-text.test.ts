import { describe, expect, it } from 'vitest';
import { htmlToText, markupToText, textToHtml } from '../../../src/normalise/html/html-to-text.ts';
import { threadCpuMs } from '../../support/cpu-time.ts';

describe('htmlToText', () => {
  const cases: [string, string, string][] = [
    ['parts blocks and joins inline elements', '<p>one</p><p>t<b>w</b>o</p>three<br>four', 'one two three four'],
    ['decodes entities once', 'Q&amp;A &lt;b&gt; &amp;amp; caf&eacute; &#x2014;', 'Q&A <b> &amp; café —'],
    ['omits invisible content', 'a<script>x</script><style>y</style><!-- z --><svg><text>s</text></svg>b', 'a b'],
    ['omits the fallback content of a player', '<video>Your browser is too old</video>text', 'text'],
    ['keeps the text of formulas', '<math><mi>a</mi><mo>+</mo><mi>b</mi></math>', 'a + b'],
    ['reads broken markup to its end', '<p>one <b>two <i>three', 'one two three'],
    ['keeps text without markup as it is', ' a  >\n b ', 'a > b'],
    [
      'ignores end tags of hidden elements that are not open',
      'a</svg></video><b title="<svg>">b</b><svg/>c</svg>d',
      'ab cd',
    ],
    ['ignores base64 images', '<img alt="x" src="y">', ''],
  ];
  it.each(cases)('%s', (_, html, expected) => {
    expect(htmlToText(html, 1000)).toBe(expected);
  });

  it('stops reading soon after the limit', () => {
    const html = '<p>word</p>'.repeat(2_000_000);
    let text = '';
    expect(
      threadCpuMs(() => {
        text = htmlToText(html, 500);
      }),
    ).toBeLessThan(200);
    expect(text.length).toBeLessThan(20_000);
    expect(htmlToText('word '.repeat(200_000), 500).length).toBeLessThan(20_000);
    expect(htmlToText('word '.repeat(20_000), 20_000).length).toBeGreaterThan(20_000);
  });
});

describe('markupToText', () => {
  it('keeps plain text as it is', () => {
    expect(markupToText({ type: 'text', value: 'Using <b> &amp; <i>' }, 100)).toBe('Using <b> &amp; <i>');
  });

  it('decodes HTML once and removes tags', () => {
    expect(markupToText({ type: 'html', value: 'Using &lt;b&gt; <i>well</i>' }, 100)).toBe('Using <b> well');
  });

  it('does not turn double-escaped text into markup', () => {
    expect(markupToText({ type: 'html', value: '&amp;lt;script&amp;gt;' }, 100)).toBe('&lt;script&gt;');
  });

  it('truncates at a code point', () => {
    expect(markupToText({ type: 'text', value: `${'é'.repeat(600)}` }, 1024)).toBe('é'.repeat(512));
    expect(markupToText({ type: 'html', value: `${'é'.repeat(600)}` }, 1023)).toBe('é'.repeat(511));
  });
});

describe('textToHtml', () => {
  it('escapes characters that would be markup', () => {
    expect(textToHtml('a < b & c > d')).toBe('a &lt; b &amp; c &gt; d');
  });

  it('keeps paragraphs and line breaks', () => {
    expect(textToHtml('one\r\ntwo\n \n\nthree\n')).toBe('<p>one<br>two</p><p>three</p>');
  });
});
