/** Why nothing can be stored, in the words of metrics, `/readyz` and the log. */
export const storageFaults = ['full', 'read_only', 'locked', 'malformed', 'io_error'] as const;

/** One of them. */
export type StorageFault = (typeof storageFaults)[number];

/** What a fault is and what the operator does about it: two sentences without their full stops. */
export interface StorageAdvice {
  readonly what: string;
  readonly remedy: string;
}

const resumes = '; storing resumes by itself';

/** For every fault, what people are shown. */
export const storageAdvice: Readonly<Record<StorageFault, StorageAdvice>> = {
  full: {
    what: 'the disk of the database is full',
    remedy: `Free space on it, or move the database to a larger one${resumes}`,
  },
  read_only: {
    what: 'the database cannot be written: its file, folder or file system is read-only',
    remedy: 'Give the user of the server the right to write them, or mount the file system for writing',
  },
  locked: {
    what: 'another program holds the write lock of the database',
    remedy: `End that program, such as a database shell with an open transaction${resumes}`,
  },
  malformed: {
    what: 'the database file is malformed',
    remedy: 'Stop the server and restore a backup, or recover the file; look at the disk',
  },
  io_error: {
    what: 'the disk of the database answers with errors',
    remedy: `Look at the disk and the log of the system${resumes}`,
  },
};

/** The same for a program that ends because of the fault: a start, or a command. Nothing resumes then. */
export function adviceOnExit(fault: StorageFault): StorageAdvice {
  const { what, remedy } = storageAdvice[fault];
  return { what, remedy: remedy.replace(resumes, '') };
}

/** A fault of the database's storage as it stands. */
export interface StorageState {
  readonly fault: StorageFault;
  /** When it was first met, epoch ms. */
  readonly sinceMs: number;
  /** False: only reading has met it so far, and what is new is still stored. */
  readonly blocksWrites: boolean;
}

/** Nothing was stored or read, since the storage fails. The state that it belongs to is logged once, by the store. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly fault: StorageFault;
  /** Whoever catches this need not log it again. */
  readonly reported = true;

  constructor(fault: StorageFault, cause?: unknown) {
    const { what, remedy } = storageAdvice[fault];
    super(`${what}. ${remedy}.`, { cause });
    this.fault = fault;
  }
}
