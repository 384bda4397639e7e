import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Cursor } from '../../domain/events/event.ts';
import type { Log } from '../../runtime/log.ts';

/** Of the owner alone, as the database beside it. */
const mode = 0o600;
/** Always as long: overwriting takes no new space on the disk and leaves no moment in which the file is empty. */
const epochWidth = 16;
const seqWidth = 16;
const form = /^([a-z0-9]{1,16}) +([0-9]{16})\n$/;

/**
 * The file beside a database that says how far its log has come, as readers may know it: the high-water mark of this
 * installation. It is no part of a backup: a database that lies behind it was restored from one.
 *
 * It is written after every commit that wrote events, in the same step, before anybody can read them. So it is never
 * ahead of the database, and a crash at any point does not make a database look restored; and it is never behind what
 * this process has announced. It is not flushed to the disk each time: after a power cut it may lag, which matters only
 * to a backup of those very seconds (ADR 0013).
 */
export interface AnnouncedPosition {
  /** Null: there is no record. `unreadable`: something else stands in it. */
  read(): Cursor | 'unreadable' | null;
  /** @throws an error of the file system. */
  write(position: Cursor, options?: { readonly flush: boolean }): void;
}

/** The record of a database, which need not be there yet. */
export function announcedPosition(databaseFile: string): AnnouncedPosition {
  const file = `${databaseFile}.announced`;
  let isOurs = false;

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
        const [, epoch, seq] = form.exec(readFileSync(file, 'latin1')) ?? [];
        return epoch === undefined || seq === undefined ? 'unreadable' : { epoch, seq: Number(seq) };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    write({ epoch, seq }, { flush } = { flush: false }) {
      const text = `${epoch.padEnd(epochWidth)} ${String(seq).padStart(seqWidth, '0')}\n`;
      if (isOurs && overwrite(text, flush)) return;
      // The first one appears whole: an empty file would be taken for doubt, and reset every reader.
      writeFileSync(`${file}.new`, text, { mode, flush: true });
      renameSync(`${file}.new`, file);
      isOurs = true;
    },
  };
}

/** What records positions. */
export interface PositionRecorder {
  /** Records where the log stands, if that changed. Never throws: what keeps it from recording is logged once. */
  record(): void;
  /** Flushes to the disk what was recorded. */
  flush(): void;
}

/** @param position where the log stands. */
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
        log.error({ err: error }, 'the place in the log cannot be recorded; a restored backup may not be recognised');
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
