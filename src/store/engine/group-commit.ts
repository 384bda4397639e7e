import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from './engine.ts';

/** Items that are written before the event loop runs again. */
const itemsPerTick = 50;
/** Limits of one transaction. */
const maxItems = 200;
const maxWrites = 64;
/** How long queued writes wait for expected ones. */
const maxWaitMs = 25;

/** Runs one transaction, and retries it while another process is writing. */
export type RunTransaction = (work: (tx: Db) => Promise<void>) => Promise<void>;

interface PendingWrite {
  readonly items: number;
  /** Runs the work and keeps its result for `done`. */
  run(tx: Db): Promise<void>;
  /** Called after the commit. */
  done(): void;
  failed(error: unknown): void;
}

/**
 * Group commit (ADR 0010): runs concurrent writes one after the other in one transaction, so that a flush to disk, and a
 * page that several of them change, are paid for once. While a write is expected, queued writes wait for it (ADR 0012).
 * A write resolves after the commit. When one write of a group fails, each is retried in a transaction of its own, so
 * that only the faulty one fails.
 */
export class GroupCommit {
  readonly #runTransaction: RunTransaction;
  readonly #queue: PendingWrite[] = [];
  #running: Promise<void> | null = null;
  #expected = 0;
  /** Ends the wait for expected writes. */
  #stopWaiting: (() => void) | null = null;

  constructor(runTransaction: RunTransaction) {
    this.#runTransaction = runTransaction;
  }

  /** @param items how many items `work` writes, as an estimate of its duration. */
  write<T>(work: (tx: Db) => Promise<T>, items: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#queue.push({
        items,
        run: async (tx) => {
          result = await work(tx);
        },
        done: () => resolve(result),
        failed: reject,
      });
      this.#running ??= this.#run();
      if (this.#isFull()) this.#stopWaiting?.();
    });
  }

  /**
   * Announces a write of many items: queued writes wait for it, for at most 25 ms.
   *
   * @returns a function to call exactly once, when the write was requested or will not be made.
   */
  expectWrite(): () => void {
    this.#expected += 1;
    return () => {
      this.#expected -= 1;
      if (this.#expected === 0) this.#stopWaiting?.();
    };
  }

  /** Resolves when no write is queued or running. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    // Include the writes that other callers request in this iteration of the event loop.
    await nextTurn();
    while (this.#queue.length > 0) {
      await this.#waitForExpected();
      const group = this.#takeGroup();
      try {
        await this.#runTransaction((tx) => runAll(group, tx));
        for (const write of group) write.done();
      } catch (error) {
        if (group.length === 1) group[0]?.failed(error);
        else for (const write of group) await this.#alone(write);
      }
      // SQLite runs synchronously: callers that write again after each write would starve the event loop.
      if (this.#queue.length > 0) await nextTurn();
    }
    // No await since the queue was found empty: a later write starts a new run.
    this.#running = null;
  }

  async #waitForExpected(): Promise<void> {
    if (this.#expected === 0 || this.#isFull()) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, maxWaitMs);
      this.#stopWaiting = resolve;
    });
    clearTimeout(timer);
    this.#stopWaiting = null;
    // The caller that ended the last expectation is about to write.
    await nextTurn();
  }

  #isFull(): boolean {
    return this.#queue.reduce((sum, { items }) => sum + items, 0) >= maxItems;
  }

  async #alone(write: PendingWrite): Promise<void> {
    try {
      await this.#runTransaction((tx) => write.run(tx));
      write.done();
    } catch (error) {
      write.failed(error);
    }
  }

  #takeGroup(): PendingWrite[] {
    let items = 0;
    let count = 0;
    for (const write of this.#queue) {
      items += write.items;
      if (count > 0 && (items > maxItems || count >= maxWrites)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}

async function runAll(group: readonly PendingWrite[], tx: Db): Promise<void> {
  let items = 0;
  for (const write of group) {
    if (items > 0 && items + write.items > itemsPerTick) {
      await nextTurn();
      items = 0;
    }
    await write.run(tx);
    items += write.items;
  }
}
