import { randomBytes } from 'node:crypto';
import type { Cursor } from '../../domain/events/event.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../open-store.ts';
import type { AnnouncedPosition } from './announced-position.ts';

/** A name for a run of the log: replaced when the log no longer continues the one that readers know. */
export function newEpoch(): string {
  return randomBytes(6).readUIntBE(0, 6).toString(36).padStart(8, '0');
}

/** A log out of a restored backup: where it stands, and what its readers may know. */
export interface RestoredLog {
  readonly was: Cursor;
  readonly announced: ReturnType<AnnouncedPosition['read']>;
  /** The epoch that it has from now on. */
  readonly epoch: string;
}

/**
 * Gives a new log its epoch, and a log that lies behind what was announced another one: its next events will bear
 * numbers that readers have already seen on others.
 *
 * Without a record nothing is known to be wrong: the database is new to this place, or older than the record. A record
 * of another epoch, or one that cannot be read, is doubt, and a reset too many costs a reader a snapshot; one too few
 * costs it news.
 *
 * @returns null when the log goes on as it was.
 */
export async function beginEpoch(
  tx: Db,
  announced: ReturnType<AnnouncedPosition['read']>,
): Promise<RestoredLog | null> {
  const { numInsertedOrUpdatedRows: made } = await tx
    .insertInto('stream_head')
    .values({ id: 1, epoch: newEpoch(), head: 0, floor: 1, changed_ms: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (made === 1n || announced === null) return null;
  const was = await tx.selectFrom('stream_head').select(['epoch', 'head as seq']).executeTakeFirstOrThrow();
  if (announced !== 'unreadable' && announced.epoch === was.epoch && was.seq >= announced.seq) return null;
  const epoch = newEpoch();
  await tx.updateTable('stream_head').set({ epoch }).execute();
  return { was, announced, epoch };
}

/**
 * Gives the log a new epoch: every reader that comes back with a cursor is reset. For a database that was restored from a
 * backup, wherever the backup comes from. The server must not be running: its live readers would be reset too.
 *
 * @returns the new epoch.
 */
export async function renewEpoch(store: Store): Promise<string> {
  const epoch = newEpoch();
  await store.write((tx) => tx.updateTable('stream_head').set({ epoch }).execute());
  return epoch;
}
