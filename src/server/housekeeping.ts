import { dayMs, hourMs, minuteMs } from '../domain/durations.ts';
import type { Site } from '../domain/polling/source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { systemTimers, type Timers } from '../schedule/timers.ts';
import type { Store } from '../store/engine/store.ts';
import { retireItems } from '../store/items/retention.ts';
import { trimEvents } from '../store/log/event-log.ts';
import { trimReads } from '../store/readers/read-counts.ts';
import { trimRefreshes } from '../store/sources/refresh-records.ts';
import type { DocumentProcessor } from './document-processor.ts';
import { resanitiseStoredHtml } from './resanitise.ts';

/** After the start, when there is more to do than to tidy up. */
const firstMs = minuteMs;
const logRetention = { maxAgeMs: 7 * dayMs, maxEvents: 200_000 };
const refreshesMs = 7 * dayMs;
/** What is left of a source that has been silent for longer than items are kept. */
const keepNewest = 100;

/** What the housekeeping works with. */
export interface HousekeepingParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers?: Timers;
  readonly digester: Pick<DocumentProcessor, 'clean'>;
  /** What the operator says now. */
  retention(): Site['retention'];
  /** Told of the head of the log when a chore has written to it. */
  ring(head: number): void;
}

/** Work that is done again and again, beside everything else. */
export interface Housekeeping {
  /** Ends what runs, as soon as a batch is done, and starts nothing more. */
  stop(): Promise<void>;
}

interface MaintenanceTask {
  readonly what: string;
  readonly everyMs: number;
  run(signal: AbortSignal): Promise<unknown>;
}

function maintenanceTasks(parts: HousekeepingParts): readonly MaintenanceTask[] {
  const { store, clock, retention } = parts;
  return [
    {
      what: 'letting go of old events',
      everyMs: 10 * minuteMs,
      run: () => trimEvents(store, { nowMs: clock.now(), ...logRetention }),
    },
    { what: 'forgetting who was counted', everyMs: hourMs, run: () => trimReads(store, clock.now()) },
    { what: 'letting go of old polls', everyMs: hourMs, run: () => trimRefreshes(store, clock.now() - refreshesMs) },
    {
      what: 'letting go of old items',
      everyMs: hourMs,
      run: (signal) => {
        const { maxAgeMs, itemsPerSource: maxItems } = retention();
        return retireItems(store, { nowMs: clock.now(), maxAgeMs, maxItems, keepNewest, signal });
      },
    },
    {
      what: 'cleaning stored HTML again',
      everyMs: hourMs,
      run: (signal) => resanitiseStoredHtml({ ...parts, signal }),
    },
  ];
}

/** Starts what is to be done now and then, such as letting go of what nobody needs any more: one thing after the other, each at its own pace. */
export function startHousekeeping(parts: HousekeepingParts): Housekeeping {
  const { log, timers = systemTimers } = parts;
  const stopping = new AbortController();
  const cancels = new Map<MaintenanceTask, () => void>();
  let last = Promise.resolve();
  const plan = (chore: MaintenanceTask, inMs: number): void => {
    cancels.set(
      chore,
      timers.after(inMs, () => {
        last = last.then(() => perform(chore));
      }),
    );
  };
  const perform = async (chore: MaintenanceTask): Promise<void> => {
    if (stopping.signal.aborted) return;
    try {
      await chore.run(stopping.signal);
    } catch (error) {
      log.error({ err: error }, `${chore.what} failed; it is tried again later`);
    }
    if (!stopping.signal.aborted) plan(chore, chore.everyMs);
  };
  for (const chore of maintenanceTasks(parts)) plan(chore, firstMs);
  return {
    async stop() {
      stopping.abort();
      for (const cancel of cancels.values()) cancel();
      await last;
    },
  };
}
