import type { LogBounds } from '../domain/events/event.ts';
import { type WebhookState, webhookCondition } from '../domain/events/webhook.ts';
import type { SourceDelays } from '../push/delivery-delays.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { createRefreshingCache } from '../runtime/refreshing-cache.ts';
import type { Store } from '../store/engine/store.ts';
import { readEvents, readHead } from '../store/log/event-log.ts';
import { readWebhooks } from '../store/log/webhook-states.ts';
import { readItem, readSections } from '../store/queries/read-items.ts';
import { hasBoundedCost, readSnapshot } from '../store/queries/snapshot.ts';
import { type QueryOutcome, type QueryRunner, runQueriesInProcess } from '../store/query-process/query-runner.ts';
import { readSourceReports, type SourceReport } from '../store/sources/source-reports.ts';
import type { ReadPort, SourceHealth, WebhookHealth } from '../web/shared/read-port.ts';
import { queryRefused } from '../web/shared/request-error.ts';

const unmeasured: SourceDelays = { publishedToStoredMs: null, storedToPushedMs: null };

/** `/status` is not cached. Repeated requests cost one query in this time. */
const activityFreshMs = 5000;

export interface WebReadsOptions {
  /** The measured delays by source. Absent: not measured. */
  freshness?(): ReadonlyMap<string, SourceDelays>;
  /** Runs the queries whose cost is not bounded. Absent: they run in this process. */
  readonly queries?: QueryRunner;
  readonly clock?: Clock;
}

/** Creates the read port of the web over the store. Each method reads one snapshot. */
export function createWebReads(store: Store, parts: WebReadsOptions = {}): ReadPort {
  const { freshness = () => new Map(), queries = runQueriesInProcess(store), clock = systemClock } = parts;
  const activity = createRefreshingCache({ clock, freshMs: activityFreshMs }, async (_all: null) =>
    unwrapQuery(await queries.run('activity', { nowMs: clock.now() })),
  );
  return {
    items: async (query) =>
      hasBoundedCost(query)
        ? store.read((db) => readSnapshot(db, query))
        : unwrapQuery(await queries.run('items', query)),
    item: (id) => store.read((db) => readItem(db, id)),
    sections: () => store.read(readSections),
    sources: () =>
      store.read(async (db) => {
        const measured = freshness();
        const reports = await readSourceReports(db);
        return reports.map((report) => ({ ...toHealth(report), ...(measured.get(report.id) ?? unmeasured) }));
      }),
    webhooks: () =>
      store.read(async (db) => {
        const head = await readHead(db);
        const states = await readWebhooks(db);
        return states.filter(({ removedMs }) => removedMs === null).map((state) => toWebhookHealth(state, head));
      }),
    events: (afterSeq, limit) =>
      store.read(async (db) => ({ head: await readHead(db), events: await readEvents(db, afterSeq, limit) })),
    activity: () => activity(null),
  };
}

/**
 * Returns the result of a query.
 *
 * @throws RequestError 503 when the query was refused or ended.
 */
export function unwrapQuery<Result>(outcome: QueryOutcome<Result>): Result {
  if (outcome.kind === 'done') return outcome.result;
  throw queryRefused(outcome.kind);
}

/** Creates the readiness check: whether the database can be read and written. */
export function createReadinessCheck(
  store: Store,
  log: Log,
): () => Promise<{ readonly database: boolean; readonly storage: boolean }> {
  return async () => {
    try {
      await store.read(readHead);
      return { database: true, storage: store.storage.writable };
    } catch (error) {
      log.error({ err: error }, 'cannot read the database');
      return { database: false, storage: store.storage.writable };
    }
  };
}

function toHealth(report: SourceReport): Omit<SourceHealth, keyof SourceDelays> {
  const { id, title, section, url, siteUrl, outcome, failure, failures, items } = report;
  return {
    ...{ id, title, section, url, siteUrl, outcome, failure, failures, items },
    nextCheckMs: report.nextCheckMs,
    nextCheckReason: report.nextCheckReason,
    failingSinceMs: report.firstFailedMs,
    checkedMs: report.lastAttemptMs,
    succeededMs: report.lastSuccessMs,
    removed: report.removedMs !== null,
  };
}

function toWebhookHealth(state: WebhookState, head: LogBounds): WebhookHealth {
  const { id, epoch, seq, failures, delivered } = state;
  return {
    ...{ id, failures, delivered },
    condition: webhookCondition(state),
    lag: epoch === head.epoch ? Math.max(0, head.head - seq) : null,
    attemptedMs: state.lastAttemptMs,
    succeededMs: state.lastSuccessMs,
    nextAttemptMs: failures > 0 && state.pausedMs === null ? state.nextAttemptMs : null,
  };
}
