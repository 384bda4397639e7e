/** The sections of the demo, in the order of the tabs. */
export const demoSections = ['World', 'Analytics', 'Technology', 'Science'] as const;

export type DemoSection = (typeof demoSections)[number];

/** A fictional publication. */
export interface Outlet {
  readonly id: string;
  readonly title: string;
  readonly section: DemoSection;
  readonly format: 'rss' | 'atom' | 'json';
  /** Names of departments: no persons are invented. */
  readonly bylines: readonly string[];
}

/** Two in each section, so that a story can be syndicated in another wording. */
export const outlets: readonly Outlet[] = [
  { id: 'courier', title: 'Example Courier', section: 'World', format: 'rss', bylines: ['World desk', 'Night desk'] },
  { id: 'wire', title: 'Example Wire', section: 'World', format: 'json', bylines: ['Wire staff'] },
  {
    id: 'review',
    title: 'Example Review',
    section: 'Analytics',
    format: 'atom',
    bylines: ['Data desk', 'Economics desk'],
  },
  { id: 'ledger', title: 'Example Ledger', section: 'Analytics', format: 'rss', bylines: ['Ledger staff'] },
  {
    id: 'circuit',
    title: 'Example Circuit',
    section: 'Technology',
    format: 'atom',
    bylines: ['Systems desk', 'Security desk'],
  },
  { id: 'console', title: 'Example Console', section: 'Technology', format: 'json', bylines: ['Console staff'] },
  { id: 'lens', title: 'Example Lens', section: 'Science', format: 'json', bylines: ['Science desk'] },
  {
    id: 'field-notes',
    title: 'Example Field Notes',
    section: 'Science',
    format: 'rss',
    bylines: ['Field desk', 'Night desk'],
  },
];
