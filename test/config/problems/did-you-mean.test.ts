import { describe, expect, it } from 'vitest';
import { nearestWord } from '../../../src/config/problems/did-you-mean.ts';

const keys = ['url', 'title', 'section', 'id', 'interval', 'language', 'headers', 'keep', 'drop', 'limit'];

describe('nearestWord', () => {
  it.each([
    ['titel', 'title'],
    ['Title', 'title'],
    ['intervall', 'interval'],
    ['lang', 'language'],
    ['name', 'title'],
    ['category', 'section'],
    ['ulr', 'url'],
    ['header', 'headers'],
  ])('suggests for %j the word %j', (word, meant) => {
    expect(nearestWord(word, keys)).toBe(meant);
  });

  it.each(['colour', 'x', 'help', 'webhook'])('suggests nothing for %j', (word) => {
    expect(nearestWord(word, keys)).toBeNull();
  });

  it('never suggests an unknown key', () => {
    expect(nearestWord('name', ['dates', 'ids'])).toBeNull();
  });
});
