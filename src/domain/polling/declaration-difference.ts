import type { Source } from './source.ts';

/** How many sources differ between two sets of declarations. A source is recognised by its URL. */
export interface DeclarationDifference {
  readonly added: number;
  readonly removed: number;
  /** Sources with another setting. */
  readonly changed: number;
}

/** Compares two sets of declared sources. Their order and their positions in the files are irrelevant. */
export function differenceBetween(before: readonly Source[], after: readonly Source[]): DeclarationDifference {
  const known = new Map(before.map((source) => [source.url, settingsOf(source)]));
  const kept = after.filter(({ url }) => known.has(url));
  return {
    added: after.length - kept.length,
    removed: before.length - kept.length,
    changed: kept.filter((source) => settingsOf(source) !== known.get(source.url)).length,
  };
}

function settingsOf({ declaredAt: _, ...settings }: Source): string {
  return JSON.stringify(settings);
}

/** With fewer sources, the removal of most of them is an ordinary change. */
const minSources = 10;

/** Whether a change removes so many sources that it may be an accident: more than half of ten or more. */
export function removesMost({ removed }: DeclarationDifference, before: readonly Source[]): boolean {
  return before.length >= minSources && removed * 2 > before.length;
}
