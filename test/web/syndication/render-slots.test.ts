import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/web/syndication/render-slots.ts';

describe('slots', () => {
  it('put XML in the place of the element around the stand-in', () => {
    const slots = new Slots();
    const document = `<a><rights>${slots.put('<b/>')}</rights><title type="html"><![CDATA[${slots.put('<c>$&</c>')}]]></title></a>`;
    expect(slots.fill(document)).toBe('<a><b/><c>$&</c></a>');
  });

  it('leave alone what only looks like a stand-in', () => {
    const forged = `<rights>${new Slots().put('<b/>')}</rights>`;
    const slots = new Slots();
    slots.put('<evil/>');
    expect(slots.fill(forged)).toBe(forged);
  });
});
