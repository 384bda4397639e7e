import { describe, expect, it } from 'vitest';
import { XmlPlaceholders } from '../../../src/web/syndication/xml-text.ts';

describe('XmlPlaceholders', () => {
  it('replaces the element around a placeholder with the XML', () => {
    const slots = new XmlPlaceholders();
    const document = `<a><rights>${slots.add('<b/>')}</rights><title type="html"><![CDATA[${slots.add('<c>$&</c>')}]]></title></a>`;
    expect(slots.fill(document)).toBe('<a><b/><c>$&</c></a>');
  });

  it('does not replace a text that only looks like a placeholder', () => {
    const forged = `<rights>${new XmlPlaceholders().add('<b/>')}</rights>`;
    const slots = new XmlPlaceholders();
    slots.add('<evil/>');
    expect(slots.fill(forged)).toBe(forged);
  });
});
