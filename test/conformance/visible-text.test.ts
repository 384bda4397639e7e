import { describe, expect, it } from 'vitest';
import { normaliseText, visibleLetters, visibleText } from '../../bench/conformance/visible-text.ts';

describe('visibleText', () => {
  it.each([
    ['A <b>bold</b> word', 'A bold word'],
    ['AT&amp;T', 'AT&T'],
    ['AT&amp;amp;T', 'AT&T'],
    ['A &lt;b&gt;bold&lt;/b&gt; word', 'A bold word'],
    ['1 < 2 and <3', '1 < 2 and <3'],
    ['<p>One</p><script>two</script><style>three</style><iframe>four</iframe>', 'One'],
    ['<!-- note -->text', 'text'],
    ['a\u00a0\n  b\u200b', 'a b'],
    ['e\u0301', 'é'],
    ['', ''],
  ])('of %j is %j', (markup, text) => {
    expect(visibleText(markup)).toBe(text);
  });
});

describe('visibleLetters', () => {
  it('omits everything that a sanitiser may change', () => {
    expect(visibleLetters('<p>Hello, <i>W</i>orld — 2nd&nbsp;time!</p>')).toBe('helloworld2ndtime');
    expect(visibleLetters('Щи & борщ')).toBe('щиборщ');
  });
});

describe('normaliseText', () => {
  it('leaves references and tags as text', () => {
    expect(normaliseText(' a &amp;  <b>\n')).toBe('a &amp; <b>');
  });
});
