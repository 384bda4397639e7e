import { describe, expect, it } from 'vitest';
import { isSameTitle } from '../../src/domain/same-title.ts';

describe('isSameTitle', () => {
  it.each([
    ['Storm hits the coast', 'STORM HITS  the coast!'],
    ['Storm hits the coast', 'Storm hits the caost'],
    ['Storm hits the coast', 'Storm hits the coast: two injured'],
    ['Storm hits the coast', 'UPDATE: Storm hits the coast'],
    ['“Enough”, says minister', '"Enough" says minister'],
    ['Vec<T> explained', 'Vec<T> explained'],
    ['🎉', '🎉'],
    ['嵐が海岸を襲う', '嵐が海岸を襲う。'],
  ])('takes %j and %j for one title', (one, other) => {
    expect(isSameTitle(one, other)).toBe(true);
    expect(isSameTitle(other, one)).toBe(true);
  });

  it.each([
    ['Day 12 of the strike', 'Day 13 of the strike'],
    ['Storm hits the coast', 'Storm hits the coast, part 2'],
    ['Goal for Team A', 'Goal for Team B'],
    ['Smith scores in the first half', 'Jones scores in the first half'],
    ['Live', 'Live: the count begins'],
    ['Storm hits the coast', 'What the storm that hits the coast today means for you'],
    ['🎉', '🎂'],
    ['', 'Storm'],
  ])('tells %j from %j', (one, other) => {
    expect(isSameTitle(one, other)).toBe(false);
    expect(isSameTitle(other, one)).toBe(false);
  });
});
