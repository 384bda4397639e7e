/** The sections of the demo newsroom, in the order of the tabs. */
export const demoSections = ['World', 'Analytics', 'Technology', 'Science'] as const;

export type DemoSection = (typeof demoSections)[number];

/**
 * A story with slots: `{town}`, `{other}`, `{region}` and the names of `numbers`. Told in two wordings, since two sources
 * that carry one story do not use the same words. Places are made up, and nobody is named.
 */
export interface StoryTemplate {
  readonly topic: string;
  /** Least and most, by the name of the slot. */
  readonly numbers?: Readonly<Record<string, readonly [number, number]>>;
  readonly headlines: readonly [string, string];
  readonly leads: readonly [string, string];
  readonly paragraphs: readonly string[];
}
