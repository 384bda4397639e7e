import type { StoryTemplate } from './story-template.ts';

/** Stories of the section Analytics. */
export const analyticsStories: readonly StoryTemplate[] = [
  {
    topic: 'Economy',
    numbers: { points: [2, 9] },
    headlines: [
      'Why small towns recovered faster than cities this year',
      'The numbers behind the quiet recovery of small towns',
    ],
    leads: [
      'Employment in places below 50,000 inhabitants rose by {points} points more than in cities. Three reasons stand out.',
      'Lower rents, shorter commutes and a steady public payroll explain most of a gap of {points} points.',
    ],
    paragraphs: [
      'The effect fades where the nearest hospital is more than an hour away.',
      'Whether it lasts depends on interest rates.',
    ],
  },
  {
    topic: 'Energy',
    numbers: { hours: [180, 460] },
    headlines: [
      'Negative prices, {hours} hours a year: what the power market is telling us',
      'When electricity costs less than nothing',
    ],
    leads: [
      'Producers paid to be rid of power in {hours} hours last year. Storage, not more wind, is what the signal asks for.',
      'A surplus at noon and a shortage at dusk are two sides of one missing link: a place to keep power for six hours.',
    ],
    paragraphs: ['Contracts written for coal still shape the bids.', 'Two reforms would remove half of the effect.'],
  },
  {
    topic: 'Demography',
    numbers: { year: [2038, 2061] },
    headlines: [
      'What {region} looks like when a third of it is over 65',
      'Ageing is not the problem that {region} thinks it is',
    ],
    leads: [
      'Projections put the turning point at {year}. The shape of the decade before it can still be chosen.',
      'Healthy years have grown as fast as years of life; planning still assumes that they have not.',
    ],
    paragraphs: ['Migration changes the date by three years at most.', 'Housing policy matters more than pension age.'],
  },
  {
    topic: 'Security',
    headlines: ['Three readings of the silence over the border talks', 'What it means when negotiators say nothing'],
    leads: [
      'Ten days without a statement can signal progress, stalemate or a change of guard. The evidence favours the first.',
      'Past rounds that ended in agreement had longer silences than those that failed.',
    ],
    paragraphs: ['The venue was extended twice, which costs money.', 'Neither side has recalled its experts.'],
  },
  {
    topic: 'Trade',
    numbers: { days: [3, 12] },
    headlines: ['Shorter chains, higher prices: the bill for resilience', 'Who pays when supply chains come home'],
    leads: [
      'Moving suppliers closer cut delays by {days} days and raised costs by less than feared.',
      'A survey of 400 manufacturers shows that buyers, not shareholders, carry most of the cost.',
    ],
    paragraphs: ['Spare capacity explains half of the difference.', 'Small firms had no choice to make.'],
  },
  {
    topic: 'Cities',
    numbers: { streets: [40, 260] },
    headlines: [
      '{streets} car-free streets later: what {town} has learned',
      'The street experiment in {town}, read with cold eyes',
    ],
    leads: [
      'Shops on closed streets did better, their neighbours slightly worse. The sum is positive, the distribution is not.',
      'Traffic did not move to the next street so much as to another hour of the day.',
    ],
    paragraphs: ['Delivery rules were the hardest part.', 'Air readings are too noisy to settle the argument.'],
  },
  {
    topic: 'Water',
    numbers: { percent: [11, 29] },
    headlines: ['The cheapest new reservoir is a mended pipe', 'Leaks, not drought, empty the tanks of {region}'],
    leads: [
      'Networks in {region} lose {percent} per cent of the water that enters them. Repair costs a quarter of building new storage.',
      'A map of bursts shows where age matters less than the soil that pipes lie in.',
    ],
    paragraphs: ['Meters pay for themselves in four years.', 'The case for one new dam remains.'],
  },
  {
    topic: 'Elections',
    numbers: { seats: [4, 19] },
    headlines: [
      'How {seats} seats changed hands on a swing of one per cent',
      'A small swing, a large shift: reading the district results',
    ],
    leads: [
      'The result says more about where voters live than about what they changed their minds on.',
      'District lines drawn in another age turned a narrow swing into {seats} seats.',
    ],
    paragraphs: [
      'Turnout among first-time voters was decisive in five districts.',
      'Polls were right about the vote and wrong about the seats.',
    ],
  },
  {
    topic: 'Labour',
    numbers: { firms: [60, 310] },
    headlines: [
      'Four days, full pay: {firms} firms report after a year',
      'What the four-day week did and did not change',
    ],
    leads: [
      'Output held, sick leave fell, and meetings got shorter. Hiring did not become easier.',
      'The firms that gained most had already measured their work; the trial only made them act on it.',
    ],
    paragraphs: ['Customer service needed more people.', 'Nine in ten firms will go on with it.'],
  },
  {
    topic: 'Food',
    numbers: { weeks: [5, 13] },
    headlines: ['Grain stocks cover {weeks} weeks. Is that enough?', 'A cushion of grain, and what it is for'],
    leads: [
      'Stocks are low by the standards of the last decade and ordinary by those of the last century.',
      'Price spikes follow export bans rather than empty silos, the record of eleven episodes shows.',
    ],
    paragraphs: ['Rice is the exception.', 'Publishing stock levels calms markets more than raising them.'],
  },
  {
    topic: 'Finance',
    numbers: { basis: [15, 80] },
    headlines: [
      'Bond spreads widen by {basis} basis points, and hardly anyone minds',
      'The calm in bond markets has a simple explanation',
    ],
    leads: [
      'Longer maturities mean that higher yields reach budgets slowly: four years pass before half of the debt is repriced.',
      'A spread of {basis} basis points would have made headlines ten years ago; the debt was shorter then.',
    ],
    paragraphs: [
      'The exposure of regional banks deserves a closer look.',
      'Central banks have said little, on purpose.',
    ],
  },
  {
    topic: 'Climate',
    numbers: { towns: [30, 140] },
    headlines: [
      'Adaptation by the yard: what {towns} coastal towns spent',
      'Sea walls or salt marsh? The accounts of {towns} towns',
    ],
    leads: [
      'Marshes cost less to make and more to keep. Over thirty years the difference all but disappears.',
      'Accounts from {towns} towns show that the first metre of protection is cheap and the second is not.',
    ],
    paragraphs: ['Insurance premiums follow walls, not marshes.', 'The best predictor of spending is the last flood.'],
  },
];
