import { pino } from 'pino';
import { formatLogLine } from './pretty-log.ts';

/** A structured log: fields, then a short message. Implemented by pino, and by arrays in tests. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Where log lines for people are written. */
export interface PrettyOutput {
  write(text: string): void;
  /** Whether it interprets colours. */
  readonly isColoured: boolean;
}

/**
 * Creates a log on stdout, as JSON lines or as text for people. JSON escapes newlines, so that a field cannot forge a
 * line; the text has its control characters removed.
 *
 * @param pretty null: JSON lines.
 */
export function createLog(level: string, pretty: PrettyOutput | null = null): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (pretty === null) return pino(options);
  return pino(options, { write: (line: string) => pretty.write(formatLogLine(line, pretty)) });
}

/** A log that discards everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The same log, with errors that have been reported already at debug level. A state such as a full disk is reported once,
 * when it begins; the errors that follow from it have `reported: true`.
 */
export function demoteReportedErrors(log: Log): Log {
  const isReported = ({ err }: { readonly err?: unknown }): boolean =>
    err instanceof Error && 'reported' in err && err.reported === true;
  return {
    debug: (facts, message) => log.debug(facts, message),
    info: (facts, message) => log.info(facts, message),
    warn: (facts, message) => (isReported(facts) ? log.debug(facts, message) : log.warn(facts, message)),
    error: (facts, message) => (isReported(facts) ? log.debug(facts, message) : log.error(facts, message)),
  };
}
