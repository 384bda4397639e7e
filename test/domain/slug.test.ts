import { describe, expect, it } from 'vitest';
import { slug } from '../../src/domain/slug.ts';

describe('slug', () => {
  it.each([
    ['World News', 'world-news'],
    ['Science & Nature', 'science-nature'],
    ['Économie', 'economie'],
    ['  Sport!  ', 'sport'],
    ['!', 'x'],
  ])('turns %j into %j', (text, expected) => {
    expect(slug(text)).toBe(expected);
  });
});
