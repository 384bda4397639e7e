import { describe, expect, it } from 'vitest';
import { escapeAttribute, escapeHtml } from '../../../src/normalise/html/html-escape.ts';

describe('escapeText', () => {
  it('escapes what begins a tag or an entity', () => {
    expect(escapeHtml('a < b & c > d &amp; "e"')).toBe('a &lt; b &amp; c &gt; d &amp;amp; "e"');
    expect(escapeHtml('plain')).toBe('plain');
  });
});

describe('escapeAttribute', () => {
  it('escapes what ends a value too', () => {
    expect(escapeAttribute('"><b>&')).toBe('&quot;&gt;&lt;b&gt;&amp;');
    expect(escapeAttribute("it's")).toBe("it's");
  });
});
