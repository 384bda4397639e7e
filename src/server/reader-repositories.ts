import { randomBytes } from 'node:crypto';
import { minuteMs } from '../domain/durations.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { createRefreshingCache } from '../runtime/refreshing-cache.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { systemTimers } from '../runtime/timers.ts';
import type { Store } from '../store/engine/store.ts';
import type { QueryRunner } from '../store/query-process/query-runner.ts';
import { addComment, readShownComments } from '../store/readers/comment-repository.ts';
import { countReads, readCounts, readSalt } from '../store/readers/read-counts.ts';
import { getOrCreateSetting } from '../store/stored-settings.ts';
import { createVisitBuffer } from '../web/readers/visit-buffer.ts';
import type { Readers } from '../web/shared/readers-port.ts';
import { unwrapQuery } from './web-reads.ts';

const mostReadItems = 10;
/** Every front page reads the list, and it rarely changes. */
const mostReadFreshMs = 5000;
/** A page does not wait for a new list: it shows the previous one while it is not older than this. */
const mostReadStaleMs = 10 * minuteMs;

/** The stored setting with the key of form tokens, author ids and probes. */
export const readersSecretName = 'readers-secret';

/** The dependencies of comments and read counts. */
export interface ReadersParts {
  readonly store: Store;
  /** Runs the queries of unbounded cost. */
  readonly queries: QueryRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
}

/** Creates the repositories of comments and read counts, and starts to count visits. */
export async function createReaders(parts: ReadersParts): Promise<Readers> {
  const { store, clock, log, shutdown, queries } = parts;
  const visits = createVisitBuffer({
    storeVisits: (batch) => countReads(store, batch),
    readSalt: (day) => readSalt(store, day, randomText),
    clock,
    log,
    after: (ms, call) => systemTimers.after(ms, call),
  });
  shutdown.onStop('read counts', () => visits.stop());
  return {
    counts: (ids) => readCounts(store.reader, ids),
    mostRead: createRefreshingCache(
      {
        clock,
        freshMs: mostReadFreshMs,
        stale: {
          ms: mostReadStaleMs,
          onError: (error) =>
            log.warn({ reason: String(error) }, 'reading the most read items failed; the previous list is shown'),
        },
      },
      async (hours: number) =>
        unwrapQuery(await queries.run('mostRead', { nowMs: clock.now(), hours, limit: mostReadItems })),
    ),
    recordVisit: (visit) => visits.add(visit),
    comments: {
      add: (comment) => addComment(store, comment),
      listApproved: (query) => store.read((db) => readShownComments(db, query)),
    },
    signingSecret: await getOrCreateSetting(store, readersSecretName, randomText),
  };
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}
