/** The sections of the demo, in the order of the tabs. */
export const demoSections = ['World', 'Analytics', 'Technology', 'Science'] as const;

export type DemoSection = (typeof demoSections)[number];

/**
 * A story with slots: `{town}`, `{other}`, `{region}` and the names of `numbers`. It has two wordings, because two sources
 * do not report a story in the same words. All places are fictional and no persons are named.
 */
export interface StoryTemplate {
  readonly topic: string;
  /** Minimum and maximum by the name of the slot. */
  readonly numbers?: Readonly<Record<string, readonly [number, number]>>;
  readonly headlines: readonly [string, string];
  readonly leads: readonly [string, string];
  readonly paragraphs: readonly string[];
}
