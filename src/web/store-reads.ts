import type { StreamHead } from '../domain/event.ts';
import type { Filter } from '../domain/filter.ts';
import { type WebhookState, webhookCondition } from '../domain/webhook.ts';
import type { SourceFreshness } from '../push/freshness.ts';
import type { Log } from '../runtime/log.ts';
import { readActivity } from '../store/activity.ts';
import type { Db } from '../store/dialect.ts';
import { readEvents, readHead, readLogChangedMs } from '../store/events.ts';
import type { Store } from '../store/open.ts';
import { readItem, readItems, readSections } from '../store/reads.ts';
import { readSourceReports, type SourceReport } from '../store/source-reports.ts';
import { readWebhooks } from '../store/webhooks.ts';
import { readWithdrawals } from '../store/withdrawn.ts';
import type { Reads, SourceHealth, WebhookHealth, Withdrawal } from './reads.ts';

const withdrawalsMs = 7 * 86_400_000;
const maxWithdrawals = 500;

const unmeasured: SourceFreshness = { publishedToStoredMs: null, storedToPushedMs: null };

/**
 * What the web reads, out of the store. Each answer is one snapshot.
 *
 * @param freshness as it was measured, by source.
 */
export function createReads(
  store: Store,
  freshness: () => ReadonlyMap<string, SourceFreshness> = () => new Map(),
): Reads {
  return {
    items: (query) =>
      store.read(async (db) => {
        const { filter, limit, before, share, byRelevance = false, withdrawals = false } = query;
        const asked = { filter, limit, before, share, byRelevance, includeBackfill: filter.backfill };
        const part = await readItems(db, asked);
        const changedMs = await readLogChangedMs(db);
        const withdrawn = withdrawals ? await readWithdrawn(db, filter, changedMs ?? 0) : [];
        return { ...part, head: await readHead(db), changedMs, withdrawn };
      }),
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
    activity: (nowMs) => store.read((db) => readActivity(db, nowMs)),
  };
}

/** Counted from when the log last grew, not from now: for the same state a feed says the same, whenever it is asked. */
function readWithdrawn(db: Db, filter: Filter, changedMs: number): Promise<Withdrawal[]> {
  return readWithdrawals(db, { filter, sinceMs: changedMs - withdrawalsMs, limit: maxWithdrawals });
}

/** Whether the database answers; its schema was brought up to date when it was opened. */
export function createReady(store: Store, log: Log): () => Promise<{ readonly database: boolean }> {
  return async () => {
    try {
      await store.read(readHead);
      return { database: true };
    } catch (error) {
      log.error({ err: error }, 'the database does not answer');
      return { database: false };
    }
  };
}

function toHealth(report: SourceReport): Omit<SourceHealth, keyof SourceFreshness> {
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

function toWebhookHealth(state: WebhookState, head: StreamHead): WebhookHealth {
  const { id, epoch, seq, failures, delivered } = state;
  return {
    ...{ id, failures, delivered },
    condition: webhookCondition(state),
    behind: epoch === head.epoch ? Math.max(0, head.head - seq) : null,
    attemptedMs: state.lastAttemptMs,
    succeededMs: state.lastSuccessMs,
    nextAttemptMs: failures > 0 && state.pausedMs === null ? state.nextAttemptMs : null,
  };
}
