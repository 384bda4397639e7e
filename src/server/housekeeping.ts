import { dayMs, hourMs, minuteMs } from '../domain/durations.ts';
import type { Site } from '../domain/polling/source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { createTaskQueue } from '../runtime/task-queue.ts';
import { systemTimers, type Timers } from '../runtime/timers.ts';
import type { Store } from '../store/engine/store.ts';
import { releaseFreeSpace } from '../store/free-space.ts';
import { retireItems } from '../store/items/retention.ts';
import { trimEvents } from '../store/log/event-log.ts';
import { trimReads } from '../store/readers/read-counts.ts';
import { trimRefreshes } from '../store/sources/poll-results.ts';
import { resanitiseStoredHtml } from './resanitise.ts';
import type { DocumentProcessor } from './stages/document-processor.ts';

/** The delay of the first run: a server that starts has more urgent work. */
const firstDelayMs = minuteMs;
const logRetention = { maxAgeMs: 7 * dayMs, maxEvents: 200_000 };
const refreshesMs = 7 * dayMs;
/** How many items of a source are kept when all of them are too old. */
const keepNewest = 100;

export interface HousekeepingParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers?: Timers;
  readonly processor: Pick<DocumentProcessor, 'sanitise'>;
  /** The present retention settings. */
  retention(): Site['retention'];
  /** Notifies consumers of the log after a task has appended to it. */
  notify(head: number): void;
}

/** Periodic maintenance. */
export interface Housekeeping {
  /** Stops the running task after its present batch, and starts no other. */
  stop(): Promise<void>;
}

interface MaintenanceTask {
  /** For the log, as in "deleting old events failed". */
  readonly name: string;
  readonly everyMs: number;
  run(signal: AbortSignal): Promise<unknown>;
}

function maintenanceTasks(parts: HousekeepingParts): readonly MaintenanceTask[] {
  const { store, clock, retention } = parts;
  return [
    {
      name: 'deleting old events',
      everyMs: 10 * minuteMs,
      run: () => trimEvents(store, { nowMs: clock.now(), ...logRetention }),
    },
    { name: 'deleting counted visits', everyMs: hourMs, run: () => trimReads(store, clock.now()) },
    { name: 'deleting old polls', everyMs: hourMs, run: () => trimRefreshes(store, clock.now() - refreshesMs) },
    {
      name: 'deleting old items',
      everyMs: hourMs,
      run: (signal) => {
        const { maxAgeMs, itemsPerSource: maxItems } = retention();
        return retireItems(store, { nowMs: clock.now(), maxAgeMs, maxItems, keepNewest, signal });
      },
    },
    { name: 'releasing unused space', everyMs: hourMs, run: (signal) => releaseFreeSpace(store, { signal }) },
    {
      name: 'sanitising stored HTML again',
      everyMs: hourMs,
      run: (signal) => resanitiseStoredHtml({ ...parts, signal }),
    },
  ];
}

/** Starts the periodic tasks. They run one at a time, each at its own interval. A failed task is logged and retried. */
export function startHousekeeping(parts: HousekeepingParts): Housekeeping {
  const { log, timers = systemTimers } = parts;
  const queue = createTaskQueue(log);
  const cancels = new Map<MaintenanceTask, () => void>();
  const schedule = (task: MaintenanceTask, delayMs: number): void => {
    const run = async (signal: AbortSignal): Promise<void> => {
      try {
        await task.run(signal);
      } finally {
        if (!signal.aborted) schedule(task, task.everyMs);
      }
    };
    const cancel = timers.after(delayMs, () => queue.add(run, `${task.name} failed; it is retried later`));
    cancels.set(task, cancel);
  };
  for (const task of maintenanceTasks(parts)) schedule(task, firstDelayMs);
  return {
    async stop() {
      for (const cancel of cancels.values()) cancel();
      await queue.stop();
    },
  };
}
