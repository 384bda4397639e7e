import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Cursor } from '../../domain/events/event.ts';
import type { Log } from '../../runtime/log.ts';

/** Readable by the owner only, like the database. */
const mode = 0o600;
/** A fixed length: overwriting the file takes no new disk space and never leaves it empty. */
const epochWidth = 16;
const seqWidth = 16;
const recordPattern = /^([a-z0-9]{1,16}) +([0-9]{16})\n$/;

/**
 * The file beside a database that records the last log position that may have been announced to clients: the high-water
 * mark of this installation. It is not part of a backup: a database that is behind it was restored from one.
 *
 * It is written synchronously after every commit of events, before anything in this process can read them. So it is never
 * ahead of the database, and a crash never makes a database look restored; and it is never behind what this process has
 * announced. It is not flushed to disk each time: after a power cut it may lag, which matters only to a backup of the last
 * seconds (ADR 0013).
 */
export interface AnnouncedPosition {
  /** Null: the file is missing. `unreadable`: its content is invalid. */
  read(): Cursor | 'unreadable' | null;
  /** @throws an error of the file system. */
  write(position: Cursor, options?: { readonly flush: boolean }): void;
}

/** The record of a database file, which may not exist yet. */
export function announcedPosition(databaseFile: string): AnnouncedPosition {
  const file = `${databaseFile}.announced`;
  let isCreated = false;

  function overwrite(text: string, flush: boolean): boolean {
    try {
      writeFileSync(file, text, { flag: 'r+', flush });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  return {
    read() {
      try {
        const [, epoch, seq] = recordPattern.exec(readFileSync(file, 'latin1')) ?? [];
        return epoch === undefined || seq === undefined ? 'unreadable' : { epoch, seq: Number(seq) };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    write({ epoch, seq }, { flush } = { flush: false }) {
      const text = `${epoch.padEnd(epochWidth)} ${String(seq).padStart(seqWidth, '0')}\n`;
      if (isCreated && overwrite(text, flush)) return;
      // Rename, so that the file is never empty: an unreadable record resets every client.
      writeFileSync(`${file}.new`, text, { mode, flush: true });
      renameSync(`${file}.new`, file);
      isCreated = true;
    },
  };
}

/** Records the position of a log. */
export interface PositionRecorder {
  /** Records the position of the log if it changed. Never throws: a failure is logged once. */
  record(): void;
  /** Flushes the record to disk. */
  flush(): void;
}

/** @param options `position` returns the present position of the log. */
export function createPositionRecorder(
  announced: AnnouncedPosition,
  { position, log }: { readonly position: () => Cursor | null; readonly log: Log },
): PositionRecorder {
  let last: ReturnType<AnnouncedPosition['read']> = null;
  let written = false;
  let failing = false;

  function isRecorded({ epoch, seq }: Cursor): boolean {
    last ??= announced.read();
    return last !== null && last !== 'unreadable' && last.epoch === epoch && last.seq === seq;
  }

  function write(flush: boolean): void {
    try {
      const now = position();
      if (now === null || (isRecorded(now) && !flush)) return;
      announced.write(now, { flush });
      last = now;
      written = true;
      failing = false;
    } catch (error) {
      if (!failing) {
        log.error(
          { err: error },
          'the position of the log cannot be recorded; a restored backup may not be recognised',
        );
      }
      failing = true;
    }
  }

  return {
    record: () => write(false),
    flush() {
      if (written) write(true);
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
