import { createHmac } from 'node:crypto';
import { dayMs } from '../../domain/durations.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { LruCache } from '../../runtime/lru-cache.ts';
import { Semaphore } from '../../runtime/semaphore.ts';
import type { Visit } from '../../store/readers/read-counts.ts';
import { addressKey } from '../shared/client-address.ts';
import type { PageVisit } from '../shared/readers-port.ts';

const flushAfterMs = 750;
/** Visits per transaction: a larger batch would block the event loop for too long. */
const maxBatch = 200;
/** Further visits are dropped: memory use is bounded while the database does not respond. */
const maxBuffered = 20_000;

/** The functions that the buffer calls. */
export interface VisitBufferOptions {
  storeVisits(visits: readonly Visit[]): Promise<unknown>;
  /** The salt of a day. @param day days since 1970. */
  readSalt(day: number): Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Calls once after `ms` milliseconds. @returns cancels the call. */
  after(ms: number, call: () => void): () => void;
}

/** Buffers visits and stores them in batches, at most a second later. */
interface VisitBuffer {
  add(visit: PageVisit): void;
  /** Stores all buffered visits. No visit may be added afterwards. */
  stop(): Promise<void>;
}

interface BufferedVisit extends PageVisit {
  readonly atMs: number;
}

type HashedVisit = Visit & HashedVisitor;

/** Creates an empty buffer. */
export function createVisitBuffer(parts: VisitBufferOptions): VisitBuffer {
  const { clock, log } = parts;
  const limit = new ReadLimit();
  let buffered: BufferedVisit[] = [];
  let cancel: (() => void) | null = null;
  const flushing = new Semaphore(1);

  async function flush(): Promise<void> {
    while (buffered.length > 0) {
      const batch = buffered.slice(0, maxBatch);
      const visits = (await hashVisits(batch, (day) => parts.readSalt(day))).filter((visit) => limit.allows(visit));
      if (visits.length > 0) await parts.storeVisits(visits);
      buffered = buffered.slice(batch.length);
    }
  }

  async function flushNow(): Promise<void> {
    cancel = null;
    try {
      await flushing.run(flush);
    } catch (error) {
      log.warn({ err: error, visits: buffered.length }, 'storing visits failed; retrying');
    }
  }

  function flushLater(): void {
    cancel ??= parts.after(flushAfterMs, async () => {
      await flushNow();
      if (buffered.length > 0) flushLater();
    });
  }

  return {
    add(visit) {
      if (buffered.length >= maxBuffered) return;
      buffered.push({ ...visit, atMs: clock.now() });
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
    // The hash includes the item, so that visitors cannot be tracked across items.
    const from = addressKey(address) ?? 'loopback';
    const visitor = `${from}\n${agent}\n${itemId}`;
    all.push({
      itemId,
      atMs,
      day,
      hash: hashOf(await salt(day), visitor),
      addressHash: hashOf(await salt(day), `address\n${from}\n${itemId}`),
      hashYesterday: hashOf(await salt(day - 1), visitor),
    });
  }
  return all;
}

function hashOf(salt: string, text: string): string {
  return createHmac('sha256', salt).update(text).digest('base64url').slice(0, 22);
}

/** Visitors per address, item and day that are counted. Many people can share the address of an office. */
export const maxReadersPerAddress = 30;
/** Of each cache: some megabytes in all. */
const defaultMaxEntries = 50_000;

/** Hashes of a visitor. They change each day and differ between items. */
interface HashedVisitor {
  /** Hash of address, user agent and item. */
  readonly hash: string;
  readonly addressHash: string;
}

/**
 * Limits the counted visitors per address: a client can invent user agents, but hardly addresses. Applies to one process
 * since its start; hashes are kept in memory only.
 */
export class ReadLimit {
  readonly #visitors: LruCache<true>;
  /** The counted visitors of each address. */
  readonly #addresses: LruCache<number>;

  /** @param maxEntries of each of the two caches. */
  constructor(maxEntries = defaultMaxEntries) {
    this.#visitors = new LruCache({ maxEntries });
    this.#addresses = new LruCache({ maxEntries });
  }

  /** Whether a visitor may be counted. A visitor that was allowed once stays allowed. */
  allows({ hash, addressHash }: HashedVisitor): boolean {
    const counted = this.#addresses.get(addressHash) ?? 0;
    const isKnown = this.#visitors.get(hash) === true;
    const allowed = isKnown || counted < maxReadersPerAddress;
    // A rejected request refreshes the entry of its address too, so that an attack cannot evict it.
    this.#addresses.set(addressHash, allowed && !isKnown ? counted + 1 : counted);
    if (allowed) this.#visitors.set(hash, true);
    return allowed;
  }
}
