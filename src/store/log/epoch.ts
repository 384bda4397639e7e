import { randomBytes } from 'node:crypto';
import type { Cursor } from '../../domain/events/event.ts';
import type { Db } from '../engine/engine.ts';
import type { AnnouncedPosition } from './announced-position.ts';

/** Generates an epoch, the id of a log. A log gets a new one when it no longer continues what clients have read. */
export function newEpoch(): string {
  return randomBytes(6).readUIntBE(0, 6).toString(36).padStart(8, '0');
}

/** A log that was restored from a backup. */
export interface RestoredLog {
  /** The position of the restored log. */
  readonly found: Cursor;
  /** The position that clients may have read up to. */
  readonly announced: ReturnType<AnnouncedPosition['read']>;
  readonly epoch: string;
}

/**
 * Gives a new log its epoch. A log that is behind the announced position gets a new epoch: its next events will have
 * numbers that clients have already seen on other events.
 *
 * Without a record nothing is assumed: the database was moved here without it. A record of another epoch, or an unreadable
 * one, renews the epoch: an unneeded reset costs clients a snapshot, a missing one costs them events.
 *
 * @returns null when the log continues its epoch.
 */
export async function beginEpoch(
  tx: Db,
  announced: ReturnType<AnnouncedPosition['read']>,
): Promise<RestoredLog | null> {
  const { numInsertedOrUpdatedRows: made } = await tx
    .insertInto('event_log')
    .values({ id: 1, epoch: newEpoch(), head: 0, floor: 1, changed_ms: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (made === 1n || announced === null) return null;
  const found = await tx.selectFrom('event_log').select(['epoch', 'head as seq']).executeTakeFirstOrThrow();
  if (announced !== 'unreadable' && announced.epoch === found.epoch && found.seq >= announced.seq) return null;
  const epoch = newEpoch();
  await tx.updateTable('event_log').set({ epoch }).execute();
  // The subscribers of the hub may have received content that is newer than what is stored here.
  await tx.updateTable('websub_subscriber').set({ delivered_tag: null }).execute();
  return { found, announced, epoch };
}
