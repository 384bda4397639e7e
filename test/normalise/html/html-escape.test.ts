import { describe, expect, it } from 'vitest';
import { escapeAttribute, escapeHtml } from '../../../src/normalise/html/html-escape.ts';

describe('escapeXml', () => {
  it('escapes characters that begin a tag or an entity', () => {
    expect(escapeHtml('a < b & c > d &amp; "e"')).toBe('a &lt; b &amp; c &gt; d &amp;amp; "e"');
    expect(escapeHtml('plain')).toBe('plain');
  });
});

describe('escapeAttribute', () => {
  it('also escapes the quote that ends a value', () => {
    expect(escapeAttribute('"><b>&')).toBe('&quot;&gt;&lt;b&gt;&amp;');
    expect(escapeAttribute("it's")).toBe("it's");
  });
});
