import type { StoryTemplate } from './story-template.ts';

/** Stories of the section Technology. */
export const technologyStories: readonly StoryTemplate[] = [
  {
    topic: 'Open source',
    numbers: { months: [7, 30], files: [120, 900] },
    headlines: [
      'Volunteers finish rewriting an ageing mail server after {months} months',
      'A mail server from the dial-up age gets a new core',
    ],
    leads: [
      'The new core replaces {files} source files and keeps the old configuration format.',
      'After {months} months of evenings and weekends, maintainers have tagged a release that drops the last of the original code.',
    ],
    paragraphs: [
      'Packagers are asked to test it with large queues.',
      'Security fixes for the old branch end in a year.',
    ],
  },
  {
    topic: 'Security',
    numbers: { devices: [2000, 90_000] },
    headlines: [
      'Flaw in household routers exposes {devices} devices',
      'Owners of older routers told to update at once',
    ],
    leads: [
      'A form in the settings page accepts commands from anyone on the same network, researchers found.',
      'A scan found {devices} devices that still run the affected firmware.',
    ],
    paragraphs: [
      'The maker has published a fix for models sold in the last six years.',
      'Switching off remote management is enough for the others.',
    ],
  },
  {
    topic: 'Networks',
    numbers: { kilometres: [240, 3100] },
    headlines: [
      'Undersea cable to {region} lands on schedule',
      '{kilometres} kilometres of glass: {region} gets a second cable',
    ],
    leads: [
      'Until now a single cable carried all traffic; a cut two years ago left the islands offline for nine days.',
      'Engineers in {town} pulled the new cable ashore and will light the first fibre pair next week.',
    ],
    paragraphs: ['Prices for households should fall by a fifth.', 'A third cable is being discussed.'],
  },
  {
    topic: 'Browsers',
    numbers: { percent: [12, 44] },
    headlines: [
      'Browser makers agree on a common test for scrolling',
      'Shared tests cut browser differences by {percent} per cent',
    ],
    leads: [
      'Three engines now pass the same 1,400 checks for how pages scroll, snap and stick.',
      'A year of shared testing has removed {percent} per cent of the differences that page authors complain about most.',
    ],
    paragraphs: ['Printing is next on the list.', 'The tests are free to use.'],
  },
  {
    topic: 'Chips',
    numbers: { watts: [3, 18] },
    headlines: [
      'University team shows a processor that runs on {watts} watts',
      'An open processor design leaves the laboratory',
    ],
    leads: [
      'The design is slow by the standards of desktop machines and needs no fan.',
      'Drawings, tests and build scripts of the processor are published under a free licence.',
    ],
    paragraphs: ['A first batch of boards goes to schools.', 'The next version adds vector instructions.'],
  },
  {
    topic: 'Accessibility',
    numbers: { sites: [40, 300] },
    headlines: [
      'Public websites in {region} miss the accessibility deadline',
      '{sites} public sites still shut out screen readers',
    ],
    leads: [
      'An audit found missing labels and menus that cannot be reached without a mouse on {sites} sites.',
      'Half of the faults could be mended in an afternoon, the auditors write.',
    ],
    paragraphs: ['Forms for taxes and permits did best.', 'A second audit follows in six months.'],
  },
  {
    topic: 'Databases',
    numbers: { factor: [2, 6] },
    headlines: [
      'A change of two lines makes a popular database {factor} times faster',
      'The two-line patch that took three weeks to find',
    ],
    leads: [
      'A lock was held a little too long while pages were written. Shortening it helps machines with many cores most.',
      'Benchmarks on a 64-core machine show {factor} times the throughput after the patch.',
    ],
    paragraphs: ['The release is due next month.', 'Small machines will notice nothing.'],
  },
  {
    topic: 'Mapping',
    numbers: { roads: [800, 9500] },
    headlines: [
      'Volunteers map {roads} kilometres of roads after the floods',
      'A map drawn overnight guides relief to {region}',
    ],
    leads: [
      'Satellite pictures released yesterday were traced by more than two thousand people.',
      'Drivers heading for {region} now know which of its bridges still stand.',
    ],
    paragraphs: ['The data is free and already in navigation apps.', 'Local checks have begun.'],
  },
  {
    topic: 'Archives',
    numbers: { tapes: [1200, 24_000] },
    headlines: [
      'Archive in {town} rescues {tapes} tapes from decay',
      'Old tapes, new readers: an archive races against rust',
    ],
    leads: [
      'Engineers rebuilt two players from spare parts to read tapes that no other machine accepts.',
      'Every tape can be played once or twice more; the archive in {town} has {tapes} of them.',
    ],
    paragraphs: ['Recordings older than fifty years will be put online.', 'The designs of the players are free.'],
  },
  {
    topic: 'Languages',
    numbers: { seconds: [4, 40] },
    headlines: [
      'New compiler release builds large projects in {seconds} seconds',
      'Compiler team trades memory for speed, and asks for feedback',
    ],
    leads: [
      'Work is split by module and kept between runs; a change in one file no longer rebuilds the rest.',
      'The release uses up to a third more memory, which the team hopes to win back.',
    ],
    paragraphs: ['Editors need an update to profit from it.', 'One breaking change affects generated code.'],
  },
  {
    topic: 'Repair',
    numbers: { parts: [60, 420] },
    headlines: [
      'Makers must sell {parts} spare parts to anyone who asks',
      'Right to repair reaches washing machines and routers',
    ],
    leads: [
      'Parts and manuals have to be available for ten years at a reasonable price.',
      'From next year independent workshops get the same tools as contracted ones.',
    ],
    paragraphs: ['Software locks that refuse third-party parts are banned.', 'Fines depend on turnover.'],
  },
  {
    topic: 'Standards',
    numbers: { pages: [14, 96] },
    headlines: [
      'A standard for web feeds is tidied up after two decades',
      '{pages} pages of errata: the feed standard, put in order',
    ],
    leads: [
      'The new text changes nothing that works and says clearly what used to be a matter of custom.',
      'Editors merged {pages} pages of errata into one document with a test for each rule.',
    ],
    paragraphs: ['Readers and publishers need not do anything.', 'Comments are welcome until the end of the month.'],
  },
];
