import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../src/demo/draw-picture.ts';

describe('drawPicture', () => {
  it('draws an SVG image of 480 by 270 pixels with four ridges', () => {
    const svg = drawPicture(1);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="480" height="270">/);
    expect(svg.match(/<path /g)).toHaveLength(4);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('draws the same image for the same seed and another for another seed', () => {
    expect(drawPicture(5)).toBe(drawPicture(5));
    expect(drawPicture(5)).not.toBe(drawPicture(6));
  });

  it('draws files of less than 10 KB', () => {
    expect(drawPicture(9).length).toBeLessThan(10_000);
  });
});
