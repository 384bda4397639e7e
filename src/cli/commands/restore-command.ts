import { readSettings } from '../../config/environment/environment.ts';
import { assertNever } from '../../domain/assert-never.ts';
import type { RestoreResult } from '../../domain/backups/backup.ts';
import { formatCursor } from '../../domain/events/event.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { printJson } from '../output/print.ts';
import { showCopyProgress } from '../output/progress.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { untilInterrupted } from '../shared/until-interrupted.ts';

const maxLineChars = 2000;

export interface RestoreCommandOptions {
  readonly json?: boolean;
}

/** `newswire restore FILE`: replaces the database by a backup. The server must be stopped. */
export async function restoreBackup(
  io: CliIo,
  path: string,
  options: RestoreCommandOptions,
  clock: Clock = systemClock,
): Promise<number> {
  const { databaseUrl: url } = readSettings(io.env);
  const { restore } = await import('../../store/backups.ts');
  const progress = showCopyProgress(io.errTerminal);
  const result = await untilInterrupted(io, (signal) =>
    restore({ url, path, clock, watch: { signal, onCopied: progress.update } }),
  ).finally(progress.end);
  const { file, keptAs, cursor } = restoredOf(result, path);
  const position = cursor === null ? null : formatCursor(cursor);
  if (options.json) {
    printJson(io, { database: file, backup: path, keptAs, cursor: position });
    return exitCodes.done;
  }
  const lines = [
    `Restored ${file} from ${path}.`,
    ...(keptAs === null ? [] : [`The former database is ${keptAs}. Delete it when you no longer need it.`]),
    ...(position === null ? [] : [`The log continues at ${position}, in a new epoch: clients and webhooks are reset.`]),
  ];
  for (const line of lines) io.out(`${cleanLine(line, maxLineChars)}\n`);
  return exitCodes.done;
}

/** @throws CommandError when nothing was restored. */
function restoredOf(result: RestoreResult, path: string): Extract<RestoreResult, { kind: 'restored' }> {
  const unchanged = 'the database was left unchanged';
  switch (result.kind) {
    case 'restored':
      return result;
    case 'polling':
      throw new CommandError(`a server is running with ${result.file}; stop it, then restore; ${unchanged}`);
    case 'open':
      throw new CommandError(
        `another program has ${result.file} open, such as a server with ROLES=serve; stop it, then restore; ${unchanged}`,
      );
    case 'damaged':
      throw new CommandError(`${path} is damaged (${result.detail}); restore another backup; ${unchanged}`);
    case 'interrupted':
      throw new CommandError(`interrupted; ${unchanged}`);
    default:
      return assertNever(result);
  }
}
