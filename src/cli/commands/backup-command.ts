import { readSettings } from '../../config/environment/environment.ts';
import { assertNever } from '../../domain/assert-never.ts';
import type { BackupResult } from '../../domain/backups/backup.ts';
import { formatCursor } from '../../domain/events/event.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { formatMegabytes } from '../output/format-megabytes.ts';
import { printJson } from '../output/print.ts';
import { showCopyProgress } from '../output/progress.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { untilInterrupted } from '../shared/until-interrupted.ts';

const maxLineChars = 2000;

export interface BackupOptions {
  /** Write a dated file into a folder, and keep so many. */
  readonly keep?: number;
  readonly json?: boolean;
}

/** `newswire backup FILE`: copies the database into a file, also while a server is using it. */
export async function backup(
  io: CliIo,
  path: string,
  options: BackupOptions,
  clock: Clock = systemClock,
): Promise<number> {
  const { databaseUrl: url } = readSettings(io.env);
  const { backUp } = await import('../../store/backups.ts');
  const progress = showCopyProgress(io.errTerminal);
  const result = await untilInterrupted(io, (signal) =>
    backUp({
      ...{ url, path, clock, keep: options.keep ?? null },
      watch: { signal, onCopied: progress.update },
    }),
  ).finally(progress.end);
  const written = writtenOf(result);
  const { file, bytes, cursor, deleted } = written;
  const lastEvent = cursor === null ? null : formatCursor(cursor);
  if (options.json) {
    printJson(io, { file, bytes, cursor: lastEvent, deleted });
    return exitCodes.done;
  }
  const content = lastEvent === null ? '' : ` It contains the events up to ${lastEvent}.`;
  const line = `Wrote ${file} (${formatMegabytes(bytes)}) and checked it.${content}`;
  for (const text of [line, ...deleted.map((old) => `Deleted ${old}`)]) io.out(`${cleanLine(text, maxLineChars)}\n`);
  return exitCodes.done;
}

/** @throws CommandError when no backup was written. */
function writtenOf(result: BackupResult): Extract<BackupResult, { kind: 'written' }> {
  switch (result.kind) {
    case 'written':
      return result;
    case 'locked':
      throw new CommandError(`another backup to ${result.file} is running; wait until it has ended`);
    case 'damaged':
      throw new CommandError(
        `no backup was written, since the copy is damaged (${result.detail}); the database is damaged too: ` +
          'stop the server, restore an earlier backup, and check the disk',
      );
    case 'interrupted':
      throw new CommandError('interrupted; no backup was written');
    default:
      return assertNever(result);
  }
}
