import { type Check, checkFile } from './checks.ts';
import type { IndexedFile, ParserResult } from './corpus.ts';

/** A file with failed checks. */
export interface FailedFile {
  readonly file: string;
  /** The checks that failed. */
  readonly checks: readonly Check[];
}

/** The score of a group of files. */
export interface Tally {
  readonly files: number;
  /** Files that passed every check. */
  readonly filesPassed: number;
  /** The mean over all files of the rate of passed checks, 0 to 1: a long feed counts as much as a short one. */
  readonly meanPassRate: number;
}

/** The score of a parser on a corpus. */
export interface Score extends Tally {
  /** By the kind in the index, in the order of the first file of each. */
  readonly kinds: ReadonlyMap<string, Tally>;
  readonly failures: readonly FailedFile[];
}

interface Scored {
  readonly indexed: IndexedFile;
  readonly share: number;
  readonly failed: readonly Check[];
}

/** Scores the results of a parser against the index of a corpus. A file without a result counts as not parsed. */
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
    failures: scored
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
    filesPassed: files.filter(({ failed }) => failed.length === 0).length,
    meanPassRate: files.reduce((sum, { share }) => sum + share, 0) / files.length,
  };
}
