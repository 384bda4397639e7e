import type { LogFormat } from '../../config/environment/environment.ts';
import type { PrettyOutput } from '../../runtime/log.ts';
import type { CliIo } from '../shared/io.ts';

/**
 * Chooses how a command writes its log: as text on a terminal, as JSON lines into a file or a pipe.
 *
 * @param format LOG_FORMAT; null: not set.
 * @returns null: JSON lines.
 */
export function logOutput(io: CliIo, format: LogFormat | null): PrettyOutput | null {
  if (format === 'json' || (format === null && !io.isTerminal)) return null;
  return { write: (text) => io.out(text), isColoured: io.isTerminal && (io.env['NO_COLOR'] ?? '') === '' };
}
