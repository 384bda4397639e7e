import type { StoryTemplate } from './story-template.ts';

/** Stories of the section Science. */
export const scienceStories: readonly StoryTemplate[] = [
  {
    topic: 'Astronomy',
    numbers: { years: [40, 900] },
    headlines: [
      'A faint star {years} light years away dims on a regular beat',
      'Amateur observers find a beat in a faint star',
    ],
    leads: [
      'The dimming returns every 31 hours and may be caused by a ring of dust.',
      'Two observers with small telescopes noticed the pattern that surveys had filtered out as noise.',
    ],
    paragraphs: ['Larger telescopes will look in spring.', 'A planet is the less likely explanation.'],
  },
  {
    topic: 'Oceans',
    numbers: { metres: [1400, 6200] },
    headlines: [
      'Reef of cold-water coral found at {metres} metres',
      'A reef in the dark: survey ship finds coral where none was expected',
    ],
    leads: [
      'The reef lies far below the depth at which this kind of coral was thought to grow.',
      'Cameras lowered to {metres} metres off {region} showed sponges, sea lilies and a wall of coral.',
    ],
    paragraphs: ['Samples suggest an age of several thousand years.', 'The area may become a reserve.'],
  },
  {
    topic: 'Medicine',
    numbers: { patients: [80, 1400] },
    headlines: [
      'Simple breathing test spots lung damage early',
      'Trial with {patients} patients backs a cheap breathing test',
    ],
    leads: [
      'The test takes four minutes and found damage that an X-ray missed in one case out of six.',
      'In a trial with {patients} patients, nurses without special training obtained reliable results.',
    ],
    paragraphs: ['Children were not part of the trial.', 'A larger study is planned.'],
  },
  {
    topic: 'Archaeology',
    numbers: { years: [2600, 5200] },
    headlines: [
      'Wooden bridge under the lake at {town} is {years} years old',
      'Divers trace a prehistoric bridge near {town}',
    ],
    leads: [
      'Rings in the oak piles date the bridge to within a decade.',
      'Low water allowed divers to map more than two hundred piles in a single week.',
    ],
    paragraphs: ['It may have led to an island sanctuary.', 'The piles stay where they are: air would destroy them.'],
  },
  {
    topic: 'Birds',
    numbers: { kilometres: [4200, 11_800] },
    headlines: [
      'Tagged wader flies {kilometres} kilometres without a stop',
      'A bird, a tag, and {kilometres} kilometres of open sea',
    ],
    leads: [
      'The bird lost almost half of its weight on the way and landed within sight of last year’s field.',
      'Tags lighter than a paper clip recorded height, heading and heartbeat.',
    ],
    paragraphs: ['Tail winds explain a third of the distance.', 'Eleven more birds are still on their way.'],
  },
  {
    topic: 'Physics',
    numbers: { digits: [9, 13] },
    headlines: ['Clock comparison holds to {digits} decimal places', 'Two clocks in two cities agree, almost too well'],
    leads: [
      'A fibre between {town} and {other} carried the light; the difference in height between the laboratories could be read off.',
      'The comparison tests whether constants of nature drift. So far they do not.',
    ],
    paragraphs: ['Surveyors hope to measure mountains this way.', 'The link will stay in operation.'],
  },
  {
    topic: 'Geology',
    numbers: { tremors: [140, 2600] },
    headlines: [
      '{tremors} small tremors in a week beneath {region}',
      'Swarm of tremors under {region} puzzles geologists',
    ],
    leads: [
      'None was strong enough to be felt; together they outline a fault that no map shows.',
      'Water pressed into old cracks is the favoured explanation for the swarm.',
    ],
    paragraphs: ['There is no sign of rising magma.', 'Ten more sensors have been buried.'],
  },
  {
    topic: 'Botany',
    numbers: { seeds: [12, 60] },
    headlines: [
      'Seeds from a sunken barge sprout after a century',
      '{seeds} of the old seeds came up: a garden from a wreck',
    ],
    leads: [
      'Mud kept out air and light; {seeds} seeds of rye and flax germinated in a greenhouse in {town}.',
      'Breeders hope that the old strains carry resistance that modern ones have lost.',
    ],
    paragraphs: ['Genetic tests are under way.', 'Part of the harvest goes to a seed bank.'],
  },
  {
    topic: 'Climate',
    numbers: { cores: [6, 28] },
    headlines: [
      'Ice cores from a summit in {region} reach back 7,000 years',
      'A mountain’s memory: {cores} cores drilled before the ice is gone',
    ],
    leads: [
      'Dust and pollen in the ice record droughts that written sources only hint at.',
      'The team brought {cores} cores down on foot, at night, to keep them frozen.',
    ],
    paragraphs: ['The glacier may be gone in twenty years.', 'Half of each core is kept for later methods.'],
  },
  {
    topic: 'Mathematics',
    numbers: { pages: [11, 240] },
    headlines: ['Proof of a tiling conjecture fits on {pages} pages', 'An old question about tiles has an answer'],
    leads: [
      'The answer is no, and the counterexample can be cut out of cardboard.',
      'Referees needed eight months for {pages} pages; a computer has checked the longest lemma.',
    ],
    paragraphs: ['The case of three dimensions remains open.', 'Quilters have already made one.'],
  },
  {
    topic: 'Materials',
    numbers: { percent: [18, 60] },
    headlines: ['Brick made of ash keeps rooms cooler', 'Rooms behind ash bricks need {percent} per cent less cooling'],
    leads: [
      'The brick takes up moisture at night and gives it off by day, which draws heat out of the wall.',
      'Test houses in {town} needed {percent} per cent less power for cooling in a hot summer.',
    ],
    paragraphs: ['Frost remains a weakness.', 'The recipe is published.'],
  },
  {
    topic: 'Insects',
    numbers: { gardens: [90, 800] },
    headlines: [
      'Wild bees return to {gardens} gardens in {town}',
      'Count in {town} finds more wild bees than last year',
    ],
    leads: [
      'Gardeners who left a strip unmown counted twice as many species as their neighbours.',
      'The count covers {gardens} gardens; a rare mason bee was seen in nine of them.',
    ],
    paragraphs: ['A wet spring helped.', 'The next count is open to schools.'],
  },
];
