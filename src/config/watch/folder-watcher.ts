import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Timing of a folder watcher. */
export interface FolderWatchTiming {
  /** Debounce: time without events before a reread, so that half-written files are not read. */
  readonly quietMs: number;
  /** Upper limit of the debounce, so that continuous events cannot delay a reread indefinitely. */
  readonly maxWaitMs: number;
  readonly identityCheckMs: number;
  /** How often everything is reread without any event. */
  readonly rereadMs: number;
}

/**
 * Calls back when folders must be reread. File system events are unreliable: a watcher receives none after its folder
 * is replaced, network drives send none, and Kubernetes replaces a symbolic link. The folder's identity is therefore
 * checked every second, and everything is reread every half minute.
 */
export class FolderWatcher {
  readonly #dir: string;
  readonly #timing: FolderWatchTiming;
  readonly #onChange: () => void;
  readonly #identityCheck: NodeJS.Timeout;
  readonly #reread: NodeJS.Timeout;
  #watchers: FSWatcher[] = [];
  #quiet: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #identity = '';
  #closed = false;

  constructor(dir: string, timing: FolderWatchTiming, onChange: () => void) {
    this.#dir = dir;
    this.#timing = timing;
    this.#onChange = onChange;
    this.#identityCheck = setInterval(() => void this.#compareIdentity(), timing.identityCheckMs).unref();
    this.#reread = setInterval(() => this.#fire(), timing.rereadMs).unref();
  }

  /** Reports a possible change; debounced. */
  notify(): void {
    if (this.#closed) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#fire(), this.#timing.quietMs).unref();
    this.#deadline ??= setTimeout(() => this.#fire(), this.#timing.maxWaitMs).unref();
  }

  /**
   * Watches these folders. Call it before every read; it creates new watchers each time, since an inode number may be
   * reused for a recreated folder, so that a dead watcher cannot be recognised.
   */
  async watchFolders(folders: ReadonlySet<string>): Promise<void> {
    if (this.#closed) return;
    const before = this.#watchers;
    this.#watchers = [...folders].flatMap((folder) => this.#watch(folder) ?? []);
    // Close the old watchers last, so that no change is missed in between.
    for (const watcher of before) watcher.close();
    this.#identity = await identityOf(this.#dir);
  }

  /** Stops watching; the callback is not called any more. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#identityCheck);
    clearInterval(this.#reread);
    clearTimeout(this.#quiet);
    clearTimeout(this.#deadline);
    for (const watcher of this.#watchers) watcher.close();
  }

  #fire(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#onChange();
  }

  #watch(folder: string): FSWatcher | null {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.notify());
      watcher.on('error', () => this.notify());
      return watcher;
    } catch {
      // No such folder, or no watchers left in the system: the periodic checks still work.
      return null;
    }
  }

  async #compareIdentity(): Promise<void> {
    const identity = await identityOf(this.#dir);
    if (identity !== this.#identity && this.#deadline === undefined) this.notify();
  }
}

async function identityOf(dir: string): Promise<string> {
  try {
    const found = await stat(dir, { bigint: true });
    return `${found.dev}:${found.ino}:${found.mtimeNs}`;
  } catch {
    // An inaccessible folder is a valid state; the read reports the error.
    return 'absent';
  }
}
