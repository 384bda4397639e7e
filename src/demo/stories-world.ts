import type { StoryTemplate } from './story-template.ts';

/** Stories of the section World. */
export const worldStories: readonly StoryTemplate[] = [
  {
    topic: 'Transport',
    numbers: { minutes: [35, 80], years: [4, 9] },
    headlines: [
      'First trains cross the rebuilt viaduct between {town} and {other}',
      'Rail link to {other} reopens after {years} years of repairs',
    ],
    leads: [
      'Passenger services between {town} and {other} resumed this morning, {years} years after the viaduct was closed to heavy trains.',
      'Travellers from {other} reached {town} by rail again today; the journey now takes {minutes} minutes.',
    ],
    paragraphs: [
      'The operator expects {minutes} minutes end to end once the last speed limits are lifted.',
      'Buses that replaced the trains will keep running for another month.',
    ],
  },
  {
    topic: 'Elections',
    numbers: { share: [54, 78], stations: [120, 640] },
    headlines: [
      'Turnout in {region} climbs to {share} per cent in council vote',
      'Long queues as {region} elects its councils',
    ],
    leads: [
      'More voters than at any council election since records began took part in {region}, the electoral office said.',
      'All {stations} polling stations in {region} opened on time, and some stayed open late to serve those still waiting.',
    ],
    paragraphs: ['A full count is expected by the end of the week.', 'Observers reported no serious irregularities.'],
  },
  {
    topic: 'Weather',
    numbers: { homes: [900, 14_000], speed: [95, 140] },
    headlines: [
      'Storm leaves {homes} homes around {town} without power',
      'Crews work through the night to restore electricity near {town}',
    ],
    leads: [
      'Gusts of up to {speed} kilometres an hour brought down lines in the hills above {town}.',
      'Engineers from three neighbouring districts were sent to {town} after a storm cut off {homes} homes.',
    ],
    paragraphs: [
      'Schools in the area open two hours later than usual.',
      'The weather service expects calmer air from tomorrow.',
    ],
  },
  {
    topic: 'Trade',
    numbers: { goods: [40, 220] },
    headlines: [
      'Neighbouring ministers agree to drop checks on {goods} kinds of goods',
      'Border paperwork to shrink under new trade accord',
    ],
    leads: [
      'Lorries carrying any of {goods} listed goods will pass the frontier at {town} without inspection from next spring.',
      'Two governments have settled a dispute over paperwork that hauliers said cost them half a day per crossing.',
    ],
    paragraphs: ['Both parliaments still have to approve the text.', 'Live animals and plants are not covered.'],
  },
  {
    topic: 'Harbours',
    numbers: { ships: [12, 45] },
    headlines: [
      '{ships} ships wait off {town} as dock workers hold talks',
      'Harbour talks in {town} go into a third day',
    ],
    leads: [
      'Freighters are anchored outside {town} while harbour management and dock workers negotiate over shifts.',
      'A mediator joined the talks in {town}, where {ships} ships are waiting for a berth.',
    ],
    paragraphs: ['Ferries are not affected.', 'Importers say that shelves are stocked for two weeks.'],
  },
  {
    topic: 'Diplomacy',
    numbers: { states: [14, 38] },
    headlines: [
      '{states} states sign river treaty in {town}',
      'Upstream and downstream states agree on sharing a river',
    ],
    leads: [
      'Delegations from {states} states put their names to rules for sharing water in dry years.',
      'After nine rounds of talks, a treaty on dams and irrigation was signed in {town}.',
    ],
    paragraphs: [
      'A joint office will publish water levels every hour.',
      'The treaty takes effect when half of the states have ratified it.',
    ],
  },
  {
    topic: 'Heritage',
    numbers: { pieces: [300, 2400] },
    headlines: [
      'Museum in {town} returns {pieces} pieces to island communities',
      'Carvings go home to {region} after a century abroad',
    ],
    leads: [
      'The collection, gathered by surveyors more than a hundred years ago, leaves {town} by sea next month.',
      'Elders from {region} received the first crates of carvings and woven mats at a ceremony on the quay.',
    ],
    paragraphs: [
      'Casts of the best-known pieces remain on display.',
      'The museum will open its archive to researchers from the islands.',
    ],
  },
  {
    topic: 'Housing',
    numbers: { flats: [180, 1900] },
    headlines: [
      '{town} to turn empty offices into {flats} flats',
      'Council in {town} votes for homes in former office towers',
    ],
    leads: [
      'Work on the first two towers starts in autumn, the planning committee in {town} decided.',
      'Six office towers that have stood empty since the insurers moved out are to become {flats} flats.',
    ],
    paragraphs: ['A third of them will be let below market rent.', 'Opponents had asked for a park instead.'],
  },
  {
    topic: 'Health',
    numbers: { clinics: [18, 90] },
    headlines: [
      'Mobile clinics reach {clinics} villages in {region}',
      'Doctors on wheels: {region} extends its travelling clinics',
    ],
    leads: [
      'A programme that sends nurses and dentists to remote places has been extended to {clinics} villages.',
      'Residents of {region} can now see a doctor once a fortnight without a day of travel.',
    ],
    paragraphs: ['The buses carry an X-ray unit and a small laboratory.', 'Funding is secured for three years.'],
  },
  {
    topic: 'Rescue',
    numbers: { walkers: [3, 14] },
    headlines: [
      '{walkers} walkers found safe after night on the ridge above {town}',
      'Helicopter brings stranded walkers down from the ridge',
    ],
    leads: [
      'Fog had cut the group off on the ridge; rescuers followed the light of a telephone.',
      'All {walkers} members of a walking party are well after a cold night outdoors, the rescue service in {town} said.',
    ],
    paragraphs: ['They had food and warm clothing with them.', 'The path stays closed until new markers are in place.'],
  },
  {
    topic: 'Fisheries',
    numbers: { percent: [8, 35] },
    headlines: [
      'Catch limit for herring raised by {percent} per cent',
      'Fishing crews in {region} welcome a higher herring limit',
    ],
    leads: [
      'Stocks have recovered enough to allow a larger catch next season, the fisheries council said.',
      'Boats from {town} may land {percent} per cent more herring after three lean years.',
    ],
    paragraphs: [
      'Nets with a wider mesh become compulsory at the same time.',
      'The council will look at the numbers again in spring.',
    ],
  },
  {
    topic: 'Schools',
    numbers: { schools: [25, 160] },
    headlines: [
      'Lessons begin in {schools} rebuilt schools across {region}',
      'A school year starts on time in {region}, for once',
    ],
    leads: [
      'Classrooms damaged by last year’s floods have been rebuilt on higher ground.',
      'For the first time since the floods, every pupil in {region} has a desk in a permanent building.',
    ],
    paragraphs: ['Teachers were hired from neighbouring districts.', 'Evening courses for adults follow in winter.'],
  },
];
