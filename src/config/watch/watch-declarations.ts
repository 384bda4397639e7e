import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { ConfigError } from '../../domain/config-error.ts';
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
  /** FEEDS_DIR. */
  readonly dir: string;
  /** For `${NAME}` in declarations. */
  readonly env: Environment;
  /** What is in force when watching begins. */
  readonly current: Declarations;
  /** New declarations, or the ones in force once more after a mistake was taken back. */
  onChange(declarations: Declarations): void;
  /** What stands in the folder cannot be used; what is in force stays. Called once for each new set of mistakes. */
  onProblem(error: ConfigError): void;
  /** A declared local feed holds something else. */
  onLocalFeedChange(path: string, sourceId: string): void;
  readonly log: Log;
  readonly timing?: Partial<WatchTiming>;
}

/** How patient the watcher is; the defaults put a change in force within 2 s, also while changes go on. */
export interface WatchTiming extends FolderWatchTiming {
  /** A file that is missing counts as removed after this. */
  readonly graceMs: number;
}

/** As it is delivered. */
export const defaultWatchTiming: WatchTiming = {
  quietMs: 250,
  maxWaitMs: 1000,
  pulseMs: 1000,
  rereadMs: 30_000,
  graceMs: 2000,
};

/** A running watch. */
export interface DeclarationWatcher {
  /** Resolves when the folder was looked at for the first time and every later change will be heard. */
  readonly ready: Promise<void>;
  /** Stops it; nothing is called any more. Resolves when the folder is not being read either. */
  close(): Promise<void>;
}

/** Watches FEEDS_DIR and keeps what it declares in force. */
export function watchDeclarations(options: WatchOptions): DeclarationWatcher {
  return new DeclarationWatch(options);
}

interface Interpreted {
  readonly declarations: Declarations;
  readonly from: DeclarationFiles;
}

class DeclarationWatch implements DeclarationWatcher {
  readonly ready: Promise<void>;
  readonly #options: WatchOptions;
  readonly #hints: FolderWatcher;
  readonly #vanished: MissingFiles;
  readonly #localFeeds = new LocalFeeds();
  #current: Declarations;
  /** Of the files that the running config came from; null until the first look. */
  #fingerprint: string | null = null;
  /** What was last said to be wrong; null: nothing is. */
  #problem: string | null = null;
  readonly #looks: Coalescer;
  #closed = false;

  constructor(options: WatchOptions) {
    const timing = { ...defaultWatchTiming, ...options.timing };
    this.#options = options;
    this.#current = options.current;
    this.#localFeeds.declare(options.current.sources);
    this.#looks = createCoalescer(() => this.#look(), { name: 'looking at FEEDS_DIR', log: options.log });
    this.#hints = new FolderWatcher(options.dir, timing, () => this.#looks.wake());
    this.#vanished = new MissingFiles(timing.graceMs, () => this.#looks.wake());
    // The folder may have changed since it was read for the first time.
    this.#looks.wake();
    this.ready = this.#looks.idle();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hints.close();
    this.#vanished.close();
    await this.#looks.stop();
  }

  async #look(): Promise<void> {
    // Listening comes before reading: a change after the read is then heard.
    await this.#hints.watchFolders(new Set([this.#options.dir, ...(await this.#localFeeds.folders())]));
    const seen = await this.#lookAtDeclarations();
    if (this.#closed) return;
    if (seen instanceof ConfigError) this.#report(seen);
    else if (seen === null) this.#takeBackProblem();
    else this.#adopt(seen);
    for (const feed of await this.#localFeeds.changed()) {
      if (!this.#closed) this.#options.onLocalFeedChange(feed.path, feed.sourceId);
    }
  }

  /** What the folder declares now, or why it cannot be used; null: what is in force. */
  async #lookAtDeclarations(): Promise<Declarations | ConfigError | null> {
    try {
      const found = await readOrReason(this.#options.dir);
      const present = found instanceof ConfigError ? new Map() : found;
      const files = this.#vanished.merge(present);
      if (found instanceof ConfigError && !this.#vanished.retainsAny) return found;
      // The addresses of local feeds hold the folder's real path.
      const place = await realOrSame(this.#options.dir);
      const fingerprint = fingerprintOf(files, place);
      if (fingerprint === this.#fingerprint) return null;
      const { declarations, from } = await this.#interpret(files, present);
      if (declarations.sources.length === 0 && this.#current.sources.length > 0) return noSourceLeft();
      this.#fingerprint = from === files ? fingerprint : fingerprintOf(from, place);
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
      // A renamed file is there twice while its old name is held on to. If what is really there is right, it counts.
      if (!this.#vanished.retainsAny || present.size === 0) throw error;
      const declarations = await interpretFiles(present, dir, env);
      if (declarations.sources.length === 0) throw error;
      return { declarations, from: present };
    }
  }

  #adopt(declarations: Declarations): void {
    const isSame = JSON.stringify(declarations) === JSON.stringify(this.#current);
    this.#current = declarations;
    this.#localFeeds.declare(declarations.sources);
    if (isSame) {
      this.#takeBackProblem();
      return;
    }
    this.#problem = null;
    this.#options.onChange(declarations);
  }

  #takeBackProblem(): void {
    if (this.#problem === null) return;
    this.#problem = null;
    this.#options.onChange(this.#current);
  }

  #report(error: ConfigError): void {
    if (error.message === this.#problem) return;
    this.#problem = error.message;
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
    // The folder is away for the moment: what is held on to is what was there.
    return dir;
  }
}

function fingerprintOf(files: DeclarationFiles, place: string): string {
  const hash = createHash('sha256').update(`${JSON.stringify(place)}\n`);
  for (const [name, file] of files) {
    const content = file.kind === 'read' ? file.bytes : file.reason;
    // Lengths stand between the parts, so that text cannot wander from one file into the next unseen.
    hash.update(`${JSON.stringify(name)} ${file.kind} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function noSourceLeft(): ConfigError {
  return new ConfigError([
    {
      where: 'FEEDS_DIR',
      what: 'no source is left in the folder',
      remedy: 'Declare at least one; until then the sources that were declared last stay in force',
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
      remedy: 'Look at the disk and the permissions',
    },
  ]);
}
