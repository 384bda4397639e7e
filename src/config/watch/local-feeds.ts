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

/** Knows what the declared local feeds held when they were last looked at. */
export class LocalFeeds {
  #feeds: readonly LocalFeed[] = [];
  /** Digest by path; null: not there, or not readable. */
  readonly #digests = new Map<string, string | null>();

  /** Takes over the `file:` sources among these. */
  declare(sources: readonly Source[]): void {
    this.#feeds = sources
      .filter((source) => source.url.startsWith('file:'))
      .map((source) => ({ path: fileURLToPath(source.url), sourceId: source.id }));
    const declared = new Set(this.#feeds.map((feed) => feed.path));
    for (const known of this.#digests.keys()) if (!declared.has(known)) this.#digests.delete(known);
  }

  /** The folders that their files lie in, by name and by what symbolic links point at. */
  async folders(): Promise<string[]> {
    const real = await Promise.all(this.#feeds.map(async (feed) => await realFolder(feed.path)));
    return [...this.#feeds.map((feed) => path.dirname(feed.path)), ...real];
  }

  /** Those that hold something else than at the last look. One that is looked at for the first time has not changed. */
  async changed(): Promise<readonly LocalFeed[]> {
    const changed: LocalFeed[] = [];
    for (const feed of this.#feeds) {
      const before = this.#digests.get(feed.path);
      const now = await digestOf(feed.path);
      this.#digests.set(feed.path, now);
      // A file that went away is no news: the next poll says so.
      if (before !== undefined && now !== null && now !== before) changed.push(feed);
    }
    return changed;
  }
}

async function realFolder(file: string): Promise<string> {
  try {
    return path.dirname(await realpath(file));
  } catch {
    // Not there yet: the folder that it will appear in is watched by its name.
    return path.dirname(file);
  }
}

async function digestOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch {
    // Missing or unreadable: told by the fetcher, with its reason.
    return null;
  }
}
