import { describe, expect, it } from 'vitest';
import { formatSrcset, parseSrcset } from '../../../src/normalise/html/attributes.ts';

describe('parseSrcset', () => {
  it('reads densities and widths', () => {
    expect(parseSrcset('a.png, b.png 2x ,c.png 640w')).toEqual([
      { url: 'a.png', descriptor: '' },
      { url: 'b.png', descriptor: '2x' },
      { url: 'c.png', descriptor: '640w' },
    ]);
  });

  it('keeps commas inside an address', () => {
    expect(parseSrcset('https://i.example/w_10,h_20/a.png 1.5x')).toEqual([
      { url: 'https://i.example/w_10,h_20/a.png', descriptor: '1.5x' },
    ]);
  });

  it('splits candidates at a comma that ends an address', () => {
    expect(parseSrcset('a.png, b.png').map((candidate) => candidate.url)).toEqual(['a.png', 'b.png']);
  });

  it('omits candidates with an invalid descriptor', () => {
    expect(parseSrcset('a.png 2x 3x, b.png -1w, c.png big, d.png 2x').map((candidate) => candidate.url)).toEqual([
      'd.png',
    ]);
  });

  it('writes descriptors in their shortest form and omits zero', () => {
    expect(
      parseSrcset('a.png 0x, b.png 010w, c.png 1.50x, d.png 0w, e.png 00.0x').map(({ descriptor }) => descriptor),
    ).toEqual(['', '10w', '1.5x', '']);
  });

  it('returns no candidates for an empty srcset', () => {
    expect(parseSrcset('')).toEqual([]);
    expect(parseSrcset(' , ,')).toEqual([]);
  });

  it('returns at most twenty candidates', () => {
    expect(parseSrcset('a 1x,'.repeat(1000)).length).toBe(20);
  });
});

describe('formatSrcset', () => {
  it('writes what parseSrcset reads', () => {
    const candidates = [
      { url: 'https://i.example/a,b.png', descriptor: '' },
      { url: 'https://i.example/c.png', descriptor: '2x' },
    ];
    expect(parseSrcset(formatSrcset(candidates))).toEqual(candidates);
  });
});
