import { randomBytes } from 'node:crypto';
import { minuteMs } from '../domain/durations.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { createRefreshingCache } from '../runtime/refreshing-cache.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { systemTimers } from '../schedule/timers.ts';
import type { Store } from '../store/engine/store.ts';
import { type QueryRunner, runQueriesInProcess } from '../store/query-process/query-runner.ts';
import { addComment, countComments, readComments, readShownComments } from '../store/readers/comment-repository.ts';
import { moderateComments } from '../store/readers/moderate-comments.ts';
import { countReads, readCounts, readSalt } from '../store/readers/read-counts.ts';
import { getOrCreateSetting, writeSetting } from '../store/stored-settings.ts';
import { createVisitBuffer } from '../web/readers/visit-buffer.ts';
import type { Readers } from '../web/shared/readers-port.ts';
import { unwrapQuery } from './web-reads.ts';

const mostReadItems = 10;
/** A front page asks for the list at every load, and it hardly changes. */
const mostReadFreshMs = 5000;
/** A page does not wait for it: one that is asked for seldom shows the list of the visit before. */
const mostReadStaleMs = 10 * minuteMs;

/** What the readers' side works with. */
export interface ReadersParts {
  readonly store: Store;
  /** Runs the queries that may cost much; absent: they run here. */
  readonly queries?: QueryRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly adminToken: string | null;
}

/** Puts together what readers leave behind: reads, which are counted from now on, and comments. */
export async function createReaders(parts: ReadersParts): Promise<Readers> {
  const { store, clock, log, shutdown, queries = runQueriesInProcess(store) } = parts;
  const desk = createVisitBuffer({
    storeVisits: (visits) => countReads(store, visits),
    readSalt: (day) => readSalt(store, day, randomText),
    clock,
    log,
    after: (ms, call) => systemTimers.after(ms, call),
  });
  shutdown.onStop('read counts', () => desk.stop());
  return {
    counts: (ids) => readCounts(store.reader, ids),
    mostRead: createRefreshingCache(
      {
        clock,
        freshMs: mostReadFreshMs,
        stale: {
          ms: mostReadStaleMs,
          onError: (error) =>
            log.warn({ reason: String(error) }, 'the most read items were not read again; the last list stays'),
        },
      },
      async (hours: number) =>
        unwrapQuery(await queries.run('mostRead', { nowMs: clock.now(), hours, limit: mostReadItems })),
    ),
    recordVisit: (visit) => desk.add(visit),
    comments: {
      add: (comment) => addComment(store, comment),
      listApproved: (query) => store.read((db) => readShownComments(db, query)),
      list: (query) => readComments(store.reader, query),
      count: () => countComments(store.reader),
      moderate: (decision) => moderateComments(store, decision),
    },
    signingSecret: await getOrCreateSetting(store, 'readers-secret', randomText),
    adminToken: parts.adminToken,
    adminGeneration: () => getOrCreateSetting(store, 'admin-generation', randomText),
    endAdminSessions: () => writeSetting(store, 'admin-generation', randomText()),
  };
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}
