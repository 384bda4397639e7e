import { type Check, checkFile } from './checks.ts';
import type { IndexedFile, ParserResult } from './corpus.ts';

/** A file of which something was not as expected. */
export interface FailedFile {
  readonly file: string;
  /** The checks that failed. */
  readonly checks: readonly Check[];
}

/** Files that belong together, counted. */
export interface Tally {
  readonly files: number;
  /** Files that passed every check. */
  readonly whole: number;
  /** Mean over the files of the share of checks that passed, 0 to 1: a long feed counts no more than a short one. */
  readonly meanShare: number;
}

/** How well a parser read a corpus. */
export interface Score extends Tally {
  /** By the kind that the index gives, in the order of its first file. */
  readonly kinds: ReadonlyMap<string, Tally>;
  readonly misses: readonly FailedFile[];
}

interface Scored {
  readonly indexed: IndexedFile;
  readonly share: number;
  readonly failed: readonly Check[];
}

/** Scores a parser's results against the index of a corpus. A file without a result counts as unread. */
export function score(index: readonly IndexedFile[], results: readonly ParserResult[]): Score {
  const byFile = new Map(results.map((read) => [read.file, read]));
  const scored = index.map((indexed): Scored => {
    const checks = checkFile(indexed, byFile.get(indexed.file));
    const failed = checks.filter((check) => !check.passed);
    return { indexed, failed, share: 1 - failed.length / checks.length };
  });
  return {
    ...tally(scored),
    kinds: new Map([...Map.groupBy(scored, kindOf)].map(([kind, files]) => [kind, tally(files)])),
    misses: scored
      .filter(({ failed }) => failed.length > 0)
      .map(({ indexed, failed }) => ({ file: indexed.file, checks: failed })),
  };
}

function kindOf({ indexed }: Scored): string {
  return indexed.kind ?? 'all';
}

function tally(files: readonly Scored[]): Tally {
  return {
    files: files.length,
    whole: files.filter(({ failed }) => failed.length === 0).length,
    meanShare: files.reduce((sum, { share }) => sum + share, 0) / files.length,
  };
}
