import { createHmac } from 'node:crypto';
import { dayMs } from '../../domain/durations.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Visit } from '../../store/readers/read-counts.ts';
import { addressKey } from '../shared/address-key.ts';
import type { PageVisit } from '../shared/readers-port.ts';
import { createReadLimit, type HashedVisitor } from './read-limit.ts';

const flushAfterMs = 750;
/** Of one transaction: the loop is not held for long. */
const maxBatch = 200;
/** What waits beyond this is not counted: a database that does not answer may not fill the memory. */
const maxBuffered = 20_000;

/** What the desk works with. */
export interface VisitBufferOptions {
  /** Counts visits, in one transaction. */
  storeVisits(visits: readonly Visit[]): Promise<unknown>;
  /** The salt of a day since 1970. */
  readSalt(day: number): Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Calls once after a while. */
  after(ms: number, call: () => void): () => void;
}

/** Collects visits and has them counted, at most a second later and many at once. */
export interface VisitBuffer {
  add(visit: PageVisit): void;
  /** Counts what waits; nothing is to be noted afterwards. */
  stop(): Promise<void>;
}

interface BufferedVisit extends PageVisit {
  readonly atMs: number;
}

type HashedVisit = Visit & HashedVisitor;

/** A desk without visits. */
export function createVisitBuffer(parts: VisitBufferOptions): VisitBuffer {
  const { clock, log } = parts;
  const limit = createReadLimit();
  let waiting: BufferedVisit[] = [];
  let cancel: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      const visits = (await hashVisits(batch, (day) => parts.readSalt(day))).filter((visit) => limit.allows(visit));
      if (visits.length > 0) await parts.storeVisits(visits);
      waiting = waiting.slice(batch.length);
    }
  }

  function flushNow(): Promise<void> {
    cancel = null;
    running = running.then(flush).catch((error: unknown) => {
      log.warn({ err: error, visits: waiting.length }, 'visits could not be counted; trying again');
    });
    return running;
  }

  function flushLater(): void {
    cancel ??= parts.after(flushAfterMs, () => {
      void flushNow().then(() => {
        if (waiting.length > 0) flushLater();
      });
    });
  }

  return {
    add(visit) {
      if (waiting.length >= maxBuffered) return;
      waiting.push({ ...visit, atMs: clock.now() });
      flushLater();
    },
    async stop() {
      cancel?.();
      await flushNow();
    },
  };
}

async function hashVisits(
  visits: readonly BufferedVisit[],
  saltOf: (day: number) => Promise<string>,
): Promise<HashedVisit[]> {
  const salts = new Map<number, string>();
  const salt = async (day: number): Promise<string> => {
    const known = salts.get(day) ?? (await saltOf(day));
    salts.set(day, known);
    return known;
  };
  const all: HashedVisit[] = [];
  for (const { itemId, atMs, address, agent } of visits) {
    const day = Math.floor(atMs / dayMs);
    // The item is hashed along, so that nobody can be followed from one item to the next.
    const from = addressKey(address) ?? 'loopback';
    const who = `${from}\n${agent}\n${itemId}`;
    all.push({
      itemId,
      atMs,
      day,
      hash: hashOf(await salt(day), who),
      addressHash: hashOf(await salt(day), `address\n${from}\n${itemId}`),
      hashYesterday: hashOf(await salt(day - 1), who),
    });
  }
  return all;
}

function hashOf(salt: string, who: string): string {
  return createHmac('sha256', salt).update(who).digest('base64url').slice(0, 22);
}
