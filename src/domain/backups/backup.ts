import type { Cursor } from '../events/event.ts';

/** The steps of a backup, in order. `prune` deletes the oldest dated backups. */
export type BackupStep = 'copy' | 'check' | 'flush' | 'rename' | 'prune';

/** The steps of a restore, in order. `keep` gives the present database its second name. */
export type RestoreStep = 'copy' | 'check' | 'flush' | 'keep' | 'replace' | 'record';

/** How the caller follows a long operation on a database, and ends it early. */
export interface OperationWatch<Step> {
  /** Called before each step. */
  onStep?(step: Step): void;
  /** Called while a file is copied. */
  onCopied?(doneBytes: number, totalBytes: number): void;
  /** Ends the operation at the next opportunity. Nothing is changed then. */
  readonly signal?: AbortSignal;
}

/** The outcome of a backup. In each case but `written` the former file of that name is unchanged. */
export type BackupResult =
  | {
      readonly kind: 'written';
      readonly file: string;
      readonly bytes: number;
      /** The last event that it contains; null: the log is not initialised. */
      readonly cursor: Cursor | null;
      /** Older backups that were deleted. */
      readonly deleted: readonly string[];
    }
  /** Another process is writing this backup now. */
  | { readonly kind: 'locked'; readonly file: string }
  /** The copy does not pass the integrity check. */
  | { readonly kind: 'damaged'; readonly detail: string }
  | { readonly kind: 'interrupted' };

/** The outcome of a restore. In each case but `restored` the present database is unchanged. */
export type RestoreResult =
  | {
      readonly kind: 'restored';
      /** The database file. */
      readonly file: string;
      /** Where the previous database is; null: there was none. */
      readonly keptAs: string | null;
      /** The head of the log, in its new epoch; null: the log is not initialised. */
      readonly cursor: Cursor | null;
    }
  /** A server polls, or another process restores. */
  | { readonly kind: 'polling'; readonly file: string }
  /** Another process has the database open. */
  | { readonly kind: 'open'; readonly file: string }
  /** The backup does not pass the integrity check. */
  | { readonly kind: 'damaged'; readonly detail: string }
  | { readonly kind: 'interrupted' };
