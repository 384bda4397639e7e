import type { LogBounds } from '../domain/events/event.ts';
import type { WebhookState } from '../domain/events/webhook.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { createRefreshingCache } from '../runtime/refreshing-cache.ts';
import type { DatabaseSizes, Store } from '../store/engine/store.ts';
import { readHead, readLogChangedMs, readOldestEventMs } from '../store/log/event-log.ts';
import { readWebhooks } from '../store/log/webhook-states.ts';
import { readDatabaseSizes } from '../store/open-store.ts';
import { countPendingComments } from '../store/readers/comment-repository.ts';
import { nextDueMs } from '../store/sources/leases.ts';
import { countSources, type SourceState } from '../store/sources/source-counts.ts';
import { countActiveSubscribers } from '../store/websub/websub-subscribers.ts';

/** Scrapes of several collectors, and all metrics of one scrape, share one read. */
const freshMs = 5000;

/** The figures that metrics take from the database. */
export interface StoredFigures {
  readonly sources: Readonly<Record<SourceState, number>>;
  /** How long the longest-waiting source has been due; 0: none is due. */
  readonly overdueMs: number;
  readonly log: LogBounds;
  /** When the oldest event was appended; null: the log is empty. */
  readonly oldestEventMs: number | null;
  /** When an event was last appended; null: never. */
  readonly lastEventMs: number | null;
  /** Declared webhooks, by id. */
  readonly webhooks: readonly WebhookBacklog[];
  readonly webSubSubscribers: number;
  readonly pendingComments: number;
}

/** A webhook and how far it is behind. */
export interface WebhookBacklog extends WebhookState {
  /** Events after its position; null: the position is of another epoch. */
  readonly backlog: number | null;
}

/** Reads the figures for metrics. Null: they cannot be read now, and the log has the reason. */
export interface FigureReader {
  stored(): Promise<StoredFigures | null>;
  sizes(): Promise<DatabaseSizes | null>;
}

/** Creates the reader. A value is at most five seconds old; concurrent calls share one read. */
export function createFigureReader(parts: {
  readonly store: Store;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly log: Log;
}): FigureReader {
  const { store, databaseUrl, clock, log } = parts;
  const cached = <Value>(what: string, read: () => Promise<Value | null>): (() => Promise<Value | null>) => {
    const readOnce = createRefreshingCache({ clock, freshMs }, async (_all: null): Promise<Value | null> => {
      try {
        return await read();
      } catch (error) {
        log.error({ err: error }, `cannot read ${what} for /metrics`);
        return null;
      }
    });
    return () => readOnce(null);
  };
  return {
    stored: cached('the database', () => readStoredFigures(store, clock.now())),
    sizes: cached('the sizes of the database', () => readDatabaseSizes(databaseUrl)),
  };
}

function readStoredFigures(store: Store, nowMs: number): Promise<StoredFigures> {
  return store.read(async (db) => {
    const log = await readHead(db);
    const dueMs = await nextDueMs(db);
    const webhooks = await readWebhooks(db);
    return {
      sources: await countSources(db),
      overdueMs: dueMs === null ? 0 : Math.max(0, nowMs - dueMs),
      log,
      oldestEventMs: await readOldestEventMs(db),
      lastEventMs: await readLogChangedMs(db),
      webhooks: webhooks
        .filter(({ removedMs }) => removedMs === null)
        .map((state) => ({
          ...state,
          backlog: state.epoch === log.epoch ? Math.max(0, log.head - state.seq) : null,
        })),
      webSubSubscribers: await countActiveSubscribers(db, nowMs),
      pendingComments: await countPendingComments(db),
    };
  });
}
