import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slug as pageSlug } from '../../../src/client/browser/slug.ts';
import { slug } from '../../../src/domain/polling/source.ts';

describe('the form of a section in addresses', () => {
  it('is the same on the page as on the server', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(pageSlug(text)).toBe(slug(text));
      }),
    );
    expect(pageSlug('Science & Nature')).toBe('science-nature');
    expect(pageSlug('Économie')).toBe('economie');
    expect(pageSlug('!')).toBe('x');
  });
});
