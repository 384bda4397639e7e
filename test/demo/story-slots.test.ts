import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/demo/random.ts';
import { chooseSlotValues, correctSlotValues, fillTemplate, type StoryTemplate } from '../../src/demo/story-slots.ts';

const story: StoryTemplate = {
  topic: 'Transport',
  numbers: [
    { name: 'trains', least: 3, most: 5 },
    { name: 'year', least: 2030, most: 2031 },
  ],
  first: { headline: 'a', lead: 'a' },
  second: { headline: 'b', lead: 'b' },
  paragraphs: [],
};

describe('chooseSlotValues', () => {
  it('keeps numbers within their bounds and chooses two different towns', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const values = chooseSlotValues(story, seededRandom(seed));
        expect(['3', '4', '5']).toContain(values['trains']);
        expect(values['town']).not.toBe(values['other']);
      }),
    );
  });
});

describe('correctSlotValues', () => {
  it('changes exactly one number within its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = seededRandom(seed);
        const values = chooseSlotValues(story, random);
        const corrected = correctSlotValues(story, values, random) ?? {};
        const changed = Object.keys(values).filter((name) => values[name] !== corrected[name]);
        expect(changed).toHaveLength(1);
        expect(['3', '4', '5']).toContain(corrected['trains']);
        expect(['2030', '2031']).toContain(corrected['year']);
      }),
    );
  });

  it('returns null for a story without numbers', () => {
    expect(correctSlotValues({ ...story, numbers: [] }, {}, seededRandom(1))).toBeNull();
  });
});

describe('fillTemplate', () => {
  it('fills slots and begins with a capital letter', () => {
    expect(fillTemplate('{region} and {nobody}', { region: 'the Fells' })).toBe('The Fells and {nobody}');
  });
});
