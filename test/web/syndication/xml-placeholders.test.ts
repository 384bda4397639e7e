import { describe, expect, it } from 'vitest';
import { XmlPlaceholders } from '../../../src/web/syndication/xml-placeholders.ts';

describe('slots', () => {
  it('put XML in the place of the element around the stand-in', () => {
    const slots = new XmlPlaceholders();
    const document = `<a><rights>${slots.add('<b/>')}</rights><title type="html"><![CDATA[${slots.add('<c>$&</c>')}]]></title></a>`;
    expect(slots.fill(document)).toBe('<a><b/><c>$&</c></a>');
  });

  it('leave alone what only looks like a stand-in', () => {
    const forged = `<rights>${new XmlPlaceholders().add('<b/>')}</rights>`;
    const slots = new XmlPlaceholders();
    slots.add('<evil/>');
    expect(slots.fill(forged)).toBe(forged);
  });
});
