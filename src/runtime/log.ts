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
