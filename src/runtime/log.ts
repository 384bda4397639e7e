import { pino } from 'pino';

/** A structured log: facts first, then a short sentence. Satisfied by pino and by a test's own array. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** A log of JSON lines on stdout. A newline in a fact cannot forge a line: it is JSON. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The same log, with less of what is known: a line about an error that was reported as a state of its own, when it began,
 * is for debugging only. Such errors say so themselves, by `reported: true`.
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
