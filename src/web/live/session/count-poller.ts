import type { ItemCounts } from '../../../domain/items/item-counts.ts';
import type { Log } from '../../../runtime/log.ts';
import type { TimerWheel } from './timer-wheel.ts';

/** Reads the counts of items, in one query for all of them. Items that do not exist are left out. May fail. */
export type ReadCounts = (ids: readonly number[]) => Promise<readonly ItemCounts[]>;

/** One who watches: told all counts at first, then those that have changed. */
export interface CountWatcher {
  readonly items: readonly number[];
  notify(counts: readonly ItemCounts[]): void;
}

/** Tells the counts of watched items. They change each second and are no news: they do not stand in the log. */
export interface CountPoller {
  /** Watches until the returned function is called. */
  watch(watcher: CountWatcher): () => void;
}

/** How often watched items are looked at: one query for all watchers. */
const lookEveryMs = 2000;

/** A desk that asks the database for all watchers together. */
export function createCountPoller(parts: {
  readonly read: ReadCounts;
  readonly wheel: TimerWheel;
  readonly log: Log;
}): CountPoller {
  /** What each watcher was told last, by item. */
  const watchers = new Map<CountWatcher, Map<number, string>>();
  let lookDue = false;

  async function look(some: readonly CountWatcher[]): Promise<void> {
    const ids = [...new Set(some.flatMap((watcher) => watcher.items))];
    if (ids.length === 0) return;
    try {
      const found = new Map((await parts.read(ids)).map((counts) => [counts.id, counts]));
      for (const watcher of some) tellChanges(watcher, found);
    } catch (error) {
      parts.log.warn({ err: error }, 'the counts of items cannot be read; trying again');
    }
  }

  function tellChanges(watcher: CountWatcher, found: ReadonlyMap<number, ItemCounts>): void {
    const told = watchers.get(watcher);
    if (told === undefined) return;
    const changed = watcher.items.flatMap((id) => {
      const counts = found.get(id);
      return counts === undefined || told.get(id) === mark(counts) ? [] : [counts];
    });
    for (const counts of changed) told.set(counts.id, mark(counts));
    if (changed.length > 0) watcher.notify(changed);
  }

  function lookLater(): void {
    if (lookDue || watchers.size === 0) return;
    lookDue = true;
    parts.wheel.after(lookEveryMs, async () => {
      await look([...watchers.keys()]);
      lookDue = false;
      lookLater();
    });
  }

  return {
    watch(watcher) {
      watchers.set(watcher, new Map());
      void look([watcher]);
      lookLater();
      return () => {
        watchers.delete(watcher);
      };
    },
  };
}

function mark(counts: ItemCounts): string {
  return `${counts.reads}/${counts.comments}/${counts.commentsRevision}`;
}
