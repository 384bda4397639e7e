/** Why the database cannot be written. Metrics, `/readyz` and the log use these codes. */
export const storageFaults = ['full', 'read_only', 'locked', 'malformed', 'io_error'] as const;

/** A storage fault code. */
export type StorageFault = (typeof storageFaults)[number];

/** The description of a fault and its remedy: two sentences without full stops. */
export interface StorageAdvice {
  readonly what: string;
  readonly remedy: string;
}

const resumes = '; writing resumes automatically';

/** The advice for every fault. */
export const storageAdvice: Readonly<Record<StorageFault, StorageAdvice>> = {
  full: {
    what: 'the disk of the database is full',
    remedy: `Free disk space, or move the database to a larger disk${resumes}`,
  },
  read_only: {
    what: 'the database file, its folder or its file system is read-only',
    remedy: 'Grant the user of the server write permission, or mount the file system read-write',
  },
  locked: {
    what: 'another program holds the write lock of the database',
    remedy: `Stop that program, such as a database shell with an open transaction${resumes}`,
  },
  malformed: {
    what: 'the database file is malformed',
    remedy: 'Stop the server and restore a backup, or recover the file. Check the disk for errors',
  },
  io_error: {
    what: 'the disk of the database returns I/O errors',
    remedy: `Check the disk and the system log${resumes}`,
  },
};

/** The advice for a program that exits because of the fault, so that nothing resumes. */
export function adviceOnExit(fault: StorageFault): StorageAdvice {
  const { what, remedy } = storageAdvice[fault];
  return { what, remedy: remedy.replace(resumes, '') };
}

/** The current storage fault. */
export interface StorageState {
  readonly fault: StorageFault;
  /** When it was first detected, epoch milliseconds. */
  readonly sinceMs: number;
  /** False: only reads have failed so far; writes still work. */
  readonly blocksWrites: boolean;
}

/** An operation that failed because of a storage fault. The store logs each fault state once. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly fault: StorageFault;
  /** Already logged; the catcher need not log it again. */
  readonly reported = true;

  constructor(fault: StorageFault, cause?: unknown) {
    const { what, remedy } = storageAdvice[fault];
    super(`${what}. ${remedy}.`, { cause });
    this.fault = fault;
  }
}
