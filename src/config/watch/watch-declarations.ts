import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';
import type { Declarations } from '../../domain/polling/source.ts';
import { type Coalescer, createCoalescer } from '../../runtime/coalescer.ts';
import type { Log } from '../../runtime/log.ts';
import type { Environment } from '../environment/environment.ts';
import { type DeclarationFiles, readDeclarationFiles } from '../files/declaration-files.ts';
import { interpretFiles } from '../read-declarations.ts';
import { FolderWatcher, type FolderWatchTiming } from './folder-watcher.ts';
import { LocalFeeds } from './local-feeds.ts';
import { MissingFiles } from './missing-files.ts';

export interface WatchOptions {
  readonly dir: string;
  /** Resolves `${NAME}` in declarations. */
  readonly env: Environment;
  /** The active declarations when watching starts. */
  readonly current: Declarations;
  /** Called with new declarations, and with the active ones again when an error was reverted. */
  onChange(declarations: Declarations): void;
  /** The folder is invalid; the active declarations stay. Called once for each new set of errors. */
  onProblem(error: ConfigError): void;
  /** The content of a declared local file changed. */
  onLocalFeedChange(path: string, sourceId: string): void;
  readonly log: Log;
  readonly timing?: Partial<WatchTiming>;
}

/** Timing of the watcher. With the defaults a change is active within 2 s, even during continuous changes. */
export interface WatchTiming extends FolderWatchTiming {
  /** Grace period after which a missing file counts as removed. */
  readonly graceMs: number;
}

/** The default timing. */
export const defaultWatchTiming: WatchTiming = {
  quietMs: 250,
  maxWaitMs: 1000,
  identityCheckMs: 1000,
  rereadMs: 30_000,
  graceMs: 2000,
};

/** A running watcher. */
export interface DeclarationWatcher {
  /** Resolves when the folder was read once and all later changes will be noticed. */
  readonly ready: Promise<void>;
  /** Stops the watcher; no callback is called afterwards. Resolves when no read is running. */
  close(): Promise<void>;
}

/** Watches FEEDS_DIR and reports changed declarations. */
export function watchDeclarations(options: WatchOptions): DeclarationWatcher {
  return new FeedsDirWatcher(options);
}

interface Interpreted {
  readonly declarations: Declarations;
  readonly from: DeclarationFiles;
}

class FeedsDirWatcher implements DeclarationWatcher {
  readonly ready: Promise<void>;
  readonly #options: WatchOptions;
  readonly #hints: FolderWatcher;
  readonly #vanished: MissingFiles;
  readonly #localFeeds = new LocalFeeds();
  #current: Declarations;
  /** Of the files of the active declarations; null until the first read. */
  #fingerprint: string | null = null;
  /** The last reported errors; null: none. */
  #problems: readonly ConfigProblem[] | null = null;
  readonly #reads: Coalescer;
  #closed = false;

  constructor(options: WatchOptions) {
    const timing = { ...defaultWatchTiming, ...options.timing };
    this.#options = options;
    this.#current = options.current;
    this.#localFeeds.declare(options.current.sources);
    this.#reads = createCoalescer(() => this.#read(), { name: 'reading FEEDS_DIR', log: options.log });
    this.#hints = new FolderWatcher(options.dir, timing, () => this.#reads.wake());
    this.#vanished = new MissingFiles(timing.graceMs, () => this.#reads.wake());
    // The folder may have changed since the initial read.
    this.#reads.wake();
    this.ready = this.#reads.idle();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hints.close();
    this.#vanished.close();
    await this.#reads.stop();
  }

  async #read(): Promise<void> {
    // Watch before reading, so that a change after the read is noticed.
    await this.#hints.watchFolders(new Set([this.#options.dir, ...(await this.#localFeeds.folders())]));
    const result = await this.#readChanges();
    if (this.#closed) return;
    if (result instanceof ConfigError) this.#report(result);
    else if (result === null) this.#clearProblem();
    else this.#activate(result);
    for (const feed of await this.#localFeeds.changed()) {
      if (!this.#closed) this.#options.onLocalFeedChange(feed.path, feed.sourceId);
    }
  }

  /** The new declarations, or why the folder is invalid; null: unchanged. */
  async #readChanges(): Promise<Declarations | ConfigError | null> {
    try {
      const found = await readOrReason(this.#options.dir);
      const present = found instanceof ConfigError ? new Map() : found;
      const files = this.#vanished.merge(present);
      if (found instanceof ConfigError && !this.#vanished.retainsAny) return found;
      // The URLs of local files contain the folder's real path.
      const realDir = await realOrSame(this.#options.dir);
      const fingerprint = fingerprintOf(files, realDir);
      if (fingerprint === this.#fingerprint) return null;
      const { declarations, from } = await this.#interpret(files, present);
      if (isEmpty(declarations) && !isEmpty(this.#current)) return noSourceLeft();
      this.#fingerprint = from === files ? fingerprint : fingerprintOf(from, realDir);
      return declarations;
    } catch (error) {
      return asConfigError(error);
    }
  }

  async #interpret(files: DeclarationFiles, present: DeclarationFiles): Promise<Interpreted> {
    const { dir, env } = this.#options;
    try {
      return { declarations: await interpretFiles(files, dir, env), from: files };
    } catch (error) {
      // While the old name of a renamed file is retained, its declarations exist twice. Try the present files alone.
      if (!this.#vanished.retainsAny || present.size === 0) throw error;
      const declarations = await interpretFiles(present, dir, env);
      if (isEmpty(declarations)) throw error;
      return { declarations, from: present };
    }
  }

  #activate(declarations: Declarations): void {
    const isSame = JSON.stringify(declarations) === JSON.stringify(this.#current);
    this.#current = declarations;
    this.#localFeeds.declare(declarations.sources);
    if (isSame) {
      this.#clearProblem();
      return;
    }
    this.#problems = null;
    this.#options.onChange(declarations);
  }

  #clearProblem(): void {
    if (this.#problems === null) return;
    this.#problems = null;
    this.#options.onChange(this.#current);
  }

  #report(error: ConfigError): void {
    if (isDeepStrictEqual(error.problems, this.#problems)) return;
    this.#problems = error.problems;
    this.#options.onProblem(error);
  }
}

async function readOrReason(dir: string): Promise<DeclarationFiles | ConfigError> {
  try {
    return await readDeclarationFiles(dir);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

async function realOrSame(dir: string): Promise<string> {
  try {
    return await realpath(dir);
  } catch {
    // The folder is missing for the moment; its retained files count.
    return dir;
  }
}

function fingerprintOf(files: DeclarationFiles, realDir: string): string {
  const hash = createHash('sha256').update(`${JSON.stringify(realDir)}\n`);
  for (const [name, file] of files) {
    const content = file.kind === 'read' ? file.bytes : file.reason;
    // Length prefixes, so that moving text from one file to the next changes the fingerprint.
    hash.update(`${JSON.stringify(name)} ${file.kind} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function isEmpty({ sources, lists }: Declarations): boolean {
  return sources.length + lists.length === 0;
}

function noSourceLeft(): ConfigError {
  return new ConfigError([
    {
      where: 'FEEDS_DIR',
      what: 'the folder declares no source',
      remedy: 'Declare at least one source; until then the previous declarations stay active',
    },
  ]);
}

function asConfigError(error: unknown): ConfigError {
  if (error instanceof ConfigError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConfigError([
    {
      where: 'FEEDS_DIR',
      what: `the folder could not be read (${reason})`,
      remedy: 'Check the disk and the permissions',
    },
  ]);
}
