import { describe, expect, it } from 'vitest';
import { isSameTitle } from '../../../src/domain/items/same-title.ts';

describe('isSameTitle', () => {
  it.each([
    ['Storm hits the coast', 'STORM HITS  the coast!'],
    ['Storm hits the coast', 'Storm hits the caost'],
    ['Goverment resigns over budget', 'Government resigns over budget'],
    ['Icecream sales are falling', 'Ice cream sales are falling'],
    ['Storm hits the coast', 'Storm hits the coast: two injured'],
    ['Storm hits the coast', 'UPDATE: Storm hits the coast'],
    ['“Enough”, says minister', '"Enough" says minister'],
    ['Vec<T> explained', 'Vec<T> explained'],
    ['🎉', '🎉'],
    ['嵐が海岸を襲う', '嵐が海岸を襲う。'],
  ])('treats %j and %j as one title', (one, other) => {
    expect(isSameTitle(one, other)).toBe(true);
    expect(isSameTitle(other, one)).toBe(true);
  });

  it.each([
    ['Day 12 of the strike', 'Day 13 of the strike'],
    ['Storm hits the coast', 'Storm hits the coast, part 2'],
    ['Goal for Team A', 'Goal for Team B'],
    ['News bulletin for Sunday', 'News bulletin for Monday'],
    ['News on the hour, 8AM', 'News on the hour, 8PM'],
    ['Talks with Iran fail again', 'Talks with Iraq fail again'],
    ['Newsletter for June', 'Newsletter for July'],
    ['Labour wins Leeds East', 'Labour wins Leeds West'],
    ['The long road, part II', 'The long road, part III'],
    ['The long road, part VII', 'The long road, part VIII'],
    ['Letters to the editor', 'Letters to the editor II'],
    ['Smith scores in the first half', 'Jones scores in the first half'],
    ['Live', 'Live: the count begins'],
    ['Storm hits the coast', 'What the storm that hits the coast today means for you'],
    ['🎉', '🎂'],
    ['', 'Storm'],
  ])('distinguishes %j from %j', (one, other) => {
    expect(isSameTitle(one, other)).toBe(false);
    expect(isSameTitle(other, one)).toBe(false);
  });
});
