import type { ItemCounts } from '../../../domain/items/item-counts.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Timers } from '../../../runtime/timers.ts';

/** Reads the counts of items in one query. Items that do not exist are left out. May reject. */
export type ReadCounts = (ids: readonly number[]) => Promise<readonly ItemCounts[]>;

/** Receives all counts first, then the changed ones. */
interface CountWatcher {
  readonly items: readonly number[];
  notify(counts: readonly ItemCounts[]): void;
}

/** Polls the counts of watched items. Counts change all the time, so they are not events of the log. */
export interface CountPoller {
  /** Watches items until the returned function is called. */
  watch(watcher: CountWatcher): () => void;
}

const pollIntervalMs = 2000;

/** Creates a poller that sends one query for all watchers. */
export function createCountPoller(parts: {
  readonly read: ReadCounts;
  readonly timers: Timers;
  readonly log: Log;
}): CountPoller {
  /** The last counts that each watcher received, by item. */
  const watchers = new Map<CountWatcher, Map<number, string>>();
  let pollDue = false;

  async function poll(due: readonly CountWatcher[]): Promise<void> {
    const ids = [...new Set(due.flatMap((watcher) => watcher.items))];
    if (ids.length === 0) return;
    try {
      const found = new Map((await parts.read(ids)).map((counts) => [counts.id, counts]));
      for (const watcher of due) notifyChanges(watcher, found);
    } catch (error) {
      parts.log.warn({ err: error }, 'cannot read the counts of items; retrying');
    }
  }

  function notifyChanges(watcher: CountWatcher, found: ReadonlyMap<number, ItemCounts>): void {
    const lastSent = watchers.get(watcher);
    if (lastSent === undefined) return;
    const changed = watcher.items.flatMap((id) => {
      const counts = found.get(id);
      return counts === undefined || lastSent.get(id) === fingerprint(counts) ? [] : [counts];
    });
    for (const counts of changed) lastSent.set(counts.id, fingerprint(counts));
    if (changed.length > 0) watcher.notify(changed);
  }

  function schedulePoll(): void {
    if (pollDue || watchers.size === 0) return;
    pollDue = true;
    parts.timers.after(pollIntervalMs, async () => {
      await poll([...watchers.keys()]);
      pollDue = false;
      schedulePoll();
    });
  }

  return {
    watch(watcher) {
      watchers.set(watcher, new Map());
      void poll([watcher]);
      schedulePoll();
      return () => {
        watchers.delete(watcher);
      };
    },
  };
}

function fingerprint(counts: ItemCounts): string {
  return `${counts.reads}/${counts.comments}/${counts.commentsRevision}`;
}
