import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Source } from '../../domain/polling/source.ts';

interface LocalFeed {
  readonly path: string;
  readonly sourceId: string;
}

/** Detects changes of the declared local files. */
export class LocalFeeds {
  #feeds: readonly LocalFeed[] = [];
  /** Digest by path; null: missing or unreadable. */
  readonly #digests = new Map<string, string | null>();

  /** Replaces the watched files by the `file:` sources among these. */
  declare(sources: readonly Source[]): void {
    this.#feeds = sources
      .filter((source) => source.url.startsWith('file:'))
      .map((source) => ({ path: fileURLToPath(source.url), sourceId: source.id }));
    const declared = new Set(this.#feeds.map((feed) => feed.path));
    for (const known of this.#digests.keys()) if (!declared.has(known)) this.#digests.delete(known);
  }

  /** The folders of the files, and those to which symbolic links resolve. */
  async folders(): Promise<string[]> {
    const real = await Promise.all(this.#feeds.map(async (feed) => await realFolder(feed.path)));
    return [...this.#feeds.map((feed) => path.dirname(feed.path)), ...real];
  }

  /** The files whose content changed since the last call. A new file has not changed. */
  async changed(): Promise<readonly LocalFeed[]> {
    const changed: LocalFeed[] = [];
    for (const feed of this.#feeds) {
      const before = this.#digests.get(feed.path);
      const now = await digestOf(feed.path);
      this.#digests.set(feed.path, now);
      // A missing file is not reported here: the next poll fails with the reason.
      if (before !== undefined && now !== null && now !== before) changed.push(feed);
    }
    return changed;
  }
}

async function realFolder(file: string): Promise<string> {
  try {
    return path.dirname(await realpath(file));
  } catch {
    // The file does not exist yet: watch the folder in which it will appear.
    return path.dirname(file);
  }
}

async function digestOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch {
    // Missing or unreadable: the fetcher reports the reason.
    return null;
  }
}
