import { describe, expect, it } from 'vitest';
import { balance } from './balance-html.ts';

const roomy = 10_000;

function balanced(html: string): string {
  return balance(html, roomy).html;
}

// Each output is the DOM that Chromium builds from the input inside <li><div>…</div></li>, without changing the page around it.
const cases: [string, string, string][] = [
  [
    'leaves well-nested elements unchanged',
    '<div><p>a<b>b</b></p><ul><li>c</li></ul></div>',
    '<div><p>a<b>b</b></p><ul><li>c</li></ul></div>',
  ],
  [
    'closes a list item that a browser closes',
    '<ul><li><div><li>a</li></div></li></ul>',
    '<ul><li><div></div></li><li>a</li></ul>',
  ],
  [
    'leaves the items of an inner list unchanged',
    '<ul><li><ul><li>a</li></ul></li></ul>',
    '<ul><li><ul><li>a</li></ul></li></ul>',
  ],
  ['wraps a list item without a list in one', '<p>x</p><li>a</li><li>b</li>', '<p>x</p><ul><li>a</li><li>b</li></ul>'],
  ['wraps a term without a list in one', '<dt>a</dt><dd>b</dd>', '<dl><dt>a</dt><dd>b</dd></dl>'],
  [
    'closes a description that a browser closes',
    '<dl><dd><div><dt>a</dt></div></dd></dl>',
    '<dl><dd><div></div></dd><dt>a</dt></dl>',
  ],
  ['closes a paragraph before a block', '<p>a<blockquote>b</blockquote></p>c', '<p>a</p><blockquote>b</blockquote>c'],
  [
    'closes the elements between a paragraph and a block inside it',
    '<p><b>a<div>b</div></b></p>',
    '<p><b>a</b></p><div>b</div>',
  ],
  [
    'leaves a paragraph in a cell unchanged',
    '<table><tr><td><p>a</p></td></tr></table>',
    '<table><tr><td><p>a</p></td></tr></table>',
  ],
  ['closes a heading before another heading', '<h1>a<h2>b</h2></h1>', '<h1>a</h1><h2>b</h2>'],
  [
    'closes a link before another link',
    '<a href="https://a.example/">a<b><a href="https://b.example/">b</a></b></a>',
    '<a href="https://a.example/">a<b></b></a><a href="https://b.example/">b</a>',
  ],
  ['drops a link without an address', '<a>a</a>b', 'ab'],
  ['drops an image without an address', 'a<img />b', 'ab'],
  [
    'closes a table before another table outside a cell',
    '<table><tr><table></table></tr></table>',
    '<table><tr></tr></table><table></table>',
  ],
  [
    'leaves a table in a cell unchanged',
    '<table><tr><td><table></table></td></tr></table>',
    '<table><tr><td><table></table></td></tr></table>',
  ],
  ['wraps a cell without a row in one', '<table><td>a</td></table>', '<table><tr><td>a</td></tr></table>'],
  [
    'closes elements up to the row before a cell',
    '<table><tr><td><div><td>a</td></div></td></tr></table>',
    '<table><tr><td><div></div></td><td>a</td></tr></table>',
  ],
  [
    'closes elements up to the table before a table section',
    '<table><tr><td><tbody><tr></tr></tbody></td></tr></table>',
    '<table><tr><td></td></tr><tbody><tr></tr></tbody></table>',
  ],
  [
    'leaves a column in its column group',
    '<table><colgroup><col /><col span="2" /></colgroup></table>',
    '<table><colgroup><col /><col span="2" /></colgroup></table>',
  ],
  ['ignores table parts outside a table', '<tr><td>a</td></tr><col /><caption>b</caption>', 'ab'],
  ['ignores ruby text outside a ruby element', '<rt>a</rt>', 'a'],
  [
    'closes ruby text before other ruby text',
    '<ruby>x<rt>a<rp>b</rp></rt></ruby>',
    '<ruby>x<rt>a</rt><rp>b</rp></ruby>',
  ],
  ['ignores end tags without a start tag', '</div></p></main>a', 'a'],
  ['closes open elements at the end', '<div><b>a', '<div><b>a</b></div>'],
  ['removes empty paragraphs', '<p><figure></figure></p>', '<figure></figure>'],
];

describe('BalancedHtmlWriter', () => {
  it.each(cases)('%s', (_, html, expected) => {
    expect(balanced(html)).toBe(expected);
    expect(balanced(expected)).toBe(expected);
  });

  it('never exceeds its byte limit, wherever the text is cut', () => {
    const html =
      '<div><p>héllo <b>w&amp;rld</b></p><ul><li>one</li><li>two</li></ul><img src="https://a.example/" /></div>';
    const whole = balance(html, roomy);
    expect(whole).toEqual({ html, truncated: false });
    for (let room = 0; room < Buffer.byteLength(html); room++) {
      const part = balance(html, room);
      expect(part.truncated).toBe(true);
      expect(Buffer.byteLength(part.html)).toBeLessThanOrEqual(room);
      expect(balanced(part.html)).toBe(part.html);
      expect(part.html).not.toMatch(/&(?!amp;)/);
    }
  });
});
