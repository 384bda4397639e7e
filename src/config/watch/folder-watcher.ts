import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/** When a change is looked at. */
export interface FolderWatchTiming {
  /** Silence that is waited for after an event, so that a file is not read while it is half written. */
  readonly quietMs: number;
  /** The wait ends here, though events go on: no stream of changes may keep a change from being seen. */
  readonly maxWaitMs: number;
  /** How often the folder is asked whether it is still the same one. */
  readonly pulseMs: number;
  /** How often everything is read again with no hint at all. */
  readonly rereadMs: number;
}

/**
 * Says when it is time to look at folders again. File system events are a hint and no more: a watcher goes deaf when
 * its folder is replaced, network drives send none, Kubernetes swaps a link. So the folder's identity is asked for every
 * second and everything is read again every half minute.
 */
export class FolderWatcher {
  readonly #dir: string;
  readonly #timing: FolderWatchTiming;
  readonly #look: () => void;
  readonly #pulse: NodeJS.Timeout;
  readonly #reread: NodeJS.Timeout;
  #watchers: FSWatcher[] = [];
  #quiet: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #identity = '';
  #closed = false;

  constructor(dir: string, timing: FolderWatchTiming, look: () => void) {
    this.#dir = dir;
    this.#timing = timing;
    this.#look = look;
    this.#pulse = setInterval(() => void this.#compareIdentity(), timing.pulseMs).unref();
    this.#reread = setInterval(() => this.#ring(), timing.rereadMs).unref();
  }

  /** Something may have changed. */
  notify(): void {
    if (this.#closed) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#ring(), this.#timing.quietMs).unref();
    this.#deadline ??= setTimeout(() => this.#ring(), this.#timing.maxWaitMs).unref();
  }

  /**
   * Listens to these folders from now on. Called before every look, with new watchers each time: an inode number may be
   * used again for a re-created folder, so a deaf watcher cannot be told from a listening one.
   */
  async watchFolders(folders: ReadonlySet<string>): Promise<void> {
    if (this.#closed) return;
    const before = this.#watchers;
    this.#watchers = [...folders].flatMap((folder) => this.#watch(folder) ?? []);
    // The old ones go last, so that no change falls between the two.
    for (const watcher of before) watcher.close();
    this.#identity = await identityOf(this.#dir);
  }

  /** Stops listening; no look is started any more. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#pulse);
    clearInterval(this.#reread);
    clearTimeout(this.#quiet);
    clearTimeout(this.#deadline);
    for (const watcher of this.#watchers) watcher.close();
  }

  #ring(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#look();
  }

  #watch(folder: string): FSWatcher | null {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.notify());
      watcher.on('error', () => this.notify());
      return watcher;
    } catch {
      // No such folder, or the system has no watcher left: the pulse and the re-read do without.
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
    // A folder that cannot be asked is a state like any other; the look says what is wrong with it.
    return 'absent';
  }
}
