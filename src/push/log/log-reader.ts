import type { LogBounds, LogEvent } from '../../domain/events/event.ts';

/**
 * The event log as push reads it. Both methods may fail, and callers retry; neither may block the process.
 *
 * Guarantees: an event never changes once it has been read; `read` returns no event before all events with a lower seq
 * are readable (commit order); `bounds` called after `read` is not older than that read. Retention may delete the oldest
 * events between any two calls.
 */
export interface LogReader {
  bounds(): Promise<LogBounds>;
  /** At most `limit` events with a seq above `afterSeq`, in order. Events that retention deleted are skipped. */
  read(afterSeq: number, limit: number): Promise<readonly LogEvent[]>;
}
