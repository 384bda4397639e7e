import type { LogBounds, LogEvent } from '../../domain/events/event.ts';

/**
 * The log as push needs it. Both methods may fail and are then tried again; neither may block the process.
 *
 * Promises: an event that was read once never changes; `read` shows no event before those with a lower seq can be
 * read too (commit order); a `head` asked after a `read` is not older than that read. Retention may take events away
 * from the bottom between any two calls.
 */
export interface LogReader {
  bounds(): Promise<LogBounds>;
  /** Events with a seq above `afterSeq` in order, at most `limit`. What retention took is skipped in silence. */
  read(afterSeq: number, limit: number): Promise<readonly LogEvent[]>;
}
