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

/** The page that shows it is made for each request; asked for again and again it costs one query in so long. */
const activityFreshMs = 5000;

/** What the reads of the web are made from. */
export interface WebReadsOptions {
  /** As it was measured, by source; absent: it was not. */
  freshness?(): ReadonlyMap<string, SourceDelays>;
  /** Runs the queries that may cost much; absent: they run here. */
  readonly queries?: QueryRunner;
  readonly clock?: Clock;
}

/** What the web reads, out of the store. Each answer is one snapshot. */
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
 * The result of a query that was run.
 *
 * @throws RequestError 503 when it was refused.
 */
export function unwrapQuery<Result>(outcome: QueryOutcome<Result>): Result {
  if (outcome.kind === 'done') return outcome.result;
  throw queryRefused(outcome.kind);
}

/** Whether the database answers, and whether it can be written; its schema was brought up to date when it was opened. */
export function createReadinessCheck(
  store: Store,
  log: Log,
): () => Promise<{ readonly database: boolean; readonly storage: boolean }> {
  return async () => {
    try {
      await store.read(readHead);
      return { database: true, storage: store.storage.writable };
    } catch (error) {
      log.error({ err: error }, 'the database does not answer');
      return { database: false, storage: store.storage.writable };
    }
  };
}

function toHealth(report: SourceReport): Omit<SourceHealth, keyof SourceDelays> {
  const { id, title, section, url, siteUrl, outcome, failure, failures, items } = report;
  return {
    ...{ id, title, section, url, siteUrl, outcome, failure, failures, items },
    nextCheckMs: report.nextCheckMs,
    nextCheckWhy: report.nextCheckWhy,
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
