import { randomBytes } from 'node:crypto';
import type { MostRead } from './domain/item-counts.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import type { Shutdown } from './runtime/shutdown.ts';
import { systemTimers } from './schedule/timers.ts';
import { addComment, countComments, readComments, readShownComments } from './store/comments.ts';
import { moderateComments } from './store/moderation.ts';
import type { Store } from './store/open.ts';
import { countReads, readCounts, readMostRead, readSalt } from './store/read-counts.ts';
import { readSetting, writeSetting } from './store/settings.ts';
import type { Readers } from './web/readers/readers.ts';
import { createVisitDesk } from './web/readers/visit-desk.ts';

const mostReadItems = 10;
/** A front page asks for the list at every load, and it hardly changes. */
const mostReadForMs = 5000;

/** What the readers' side works with. */
export interface ReadersParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly adminToken: string | null;
}

/** Puts together what readers leave behind: reads, which are counted from now on, and comments. */
export async function openReaders(parts: ReadersParts): Promise<Readers> {
  const { store, clock, log, shutdown } = parts;
  const desk = createVisitDesk({
    count: (visits) => countReads(store, visits),
    salt: (day) => readSalt(store, day, randomText),
    clock,
    log,
    after: (ms, call) => systemTimers.after(ms, call),
  });
  shutdown.onStop('read counts', () => desk.stop());
  return {
    counts: (ids) => readCounts(store.reader, ids),
    mostRead: keepFor(mostReadForMs, clock, (hours) =>
      store.read((db) => readMostRead(db, { nowMs: clock.now(), hours, limit: mostReadItems })),
    ),
    noteVisit: (visit) => desk.note(visit),
    comments: {
      add: (comment) => addComment(store, comment),
      shown: (query) => store.read((db) => readShownComments(db, query)),
      list: (query) => readComments(store.reader, query),
      count: () => countComments(store.reader),
      moderate: (decision) => moderateComments(store, decision),
    },
    secret: await readSetting(store, 'readers-secret', randomText),
    adminToken: parts.adminToken,
    adminGeneration: () => readSetting(store, 'admin-generation', randomText),
    endAdminSessions: () => writeSetting(store, 'admin-generation', randomText()),
  };
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}

type Ask = (hours: number) => Promise<readonly MostRead[]>;

/** Asks once for all who ask within a while. An answer that failed is not kept. */
function keepFor(ms: number, clock: Clock, ask: Ask): Ask {
  const kept = new Map<number, { readonly untilMs: number; readonly answer: Promise<readonly MostRead[]> }>();
  return (hours) => {
    const known = kept.get(hours);
    if (known !== undefined && known.untilMs > clock.monotonic()) return known.answer;
    const answer = ask(hours);
    kept.set(hours, { untilMs: clock.monotonic() + ms, answer });
    answer.catch(() => kept.delete(hours));
    return answer;
  };
}
