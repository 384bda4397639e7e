import { setImmediate as nextTurn } from 'node:timers/promises';
import { engineOf, type Space } from './engine/engine.ts';
import type { Store } from './engine/store.ts';

/** Pages that one transaction releases: some milliseconds. */
const pagesPerStep = 64;
/** Less unused space than that is left to the next items. */
const worthwhile = { share: 0.1, pages: 1024 };
/** The unused share that is left, so that the file does not grow again at once. */
const keptShare = 0.05;

/** How unused space is released. */
export interface ReleaseOptions {
  /** Stops after the current step. */
  readonly signal?: AbortSignal;
  /** Default: 64. */
  readonly pagesPerStep?: number;
}

/**
 * Returns unused space of the database file to the file system in small steps, if a tenth of it is unused, until a
 * twentieth is left. The file shrinks with the next checkpoint. Does nothing to a database that cannot shrink.
 *
 * @returns how many pages were released.
 */
export async function releaseFreeSpace(store: Store, options: ReleaseOptions = {}): Promise<number> {
  const { signal, pagesPerStep: step = pagesPerStep } = options;
  const { readSpace, releasePages } = engineOf(store.reader);
  const before = await readSpace(store.reader);
  if (!isWorthwhile(before)) return 0;
  let left = before.unused - Math.ceil(before.pages * keptShare);
  let released = 0;
  while (left > 0 && signal?.aborted !== true) {
    const pages = Math.min(step, left);
    await store.write((tx) => releasePages(tx, pages));
    released += pages;
    left -= pages;
    await nextTurn();
  }
  return released;
}

function isWorthwhile({ pages, unused, canShrink }: Space): boolean {
  return canShrink && unused >= worthwhile.pages && unused >= pages * worthwhile.share;
}
