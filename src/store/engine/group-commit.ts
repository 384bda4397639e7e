import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from './engine.ts';

/** Work that is done at a time, in items, before the event loop has a turn; and in one transaction. */
const turnItems = 50;
const mostItems = 200;
const mostWrites = 64;
/** How long those that wait hold out for one that is announced. */
const gatherMs = 25;

/** Runs one transaction, as often as it takes to be the only writer. */
export type RunTransaction = (work: (tx: Db) => Promise<void>) => Promise<void>;

interface PendingWrite {
  readonly items: number;
  /** Keeps its result for `done`. */
  run(tx: Db): Promise<void>;
  /** What it wrote is on the disk. */
  done(): void;
  failed(error: unknown): void;
}

/**
 * Puts writes that are wanted at the same time into one transaction, one after the other: a flush to the disk, and a
 * page that several change, are paid once. While more is announced they hold out for it. Nobody hears of a write before its commit. When one of a group fails, each is
 * tried in a transaction of its own, so that it fails alone.
 */
export class GroupCommit {
  readonly #transact: RunTransaction;
  readonly #waiting: PendingWrite[] = [];
  #running: Promise<void> | null = null;
  #announced = 0;
  /** Called when those that wait need not hold out any longer. */
  #goOn: (() => void) | null = null;

  constructor(transact: RunTransaction) {
    this.#transact = transact;
  }

  /** @param items how many items `work` writes, as a measure of how long it takes. */
  write<T>(work: (tx: Db) => Promise<T>, items: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        items,
        run: async (tx) => {
          result = await work(tx);
        },
        done: () => resolve(result),
        failed: reject,
      });
      this.#running ??= this.#run();
      if (this.#isFull()) this.#goOn?.();
    });
  }

  /**
   * Says that many items are on their way here: what is wanted meanwhile waits for them, though only for a moment.
   *
   * @returns what to call once when they are there or will not come.
   */
  expectWrite(): () => void {
    this.#announced += 1;
    return () => {
      this.#announced -= 1;
      if (this.#announced === 0) this.#goOn?.();
    };
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    // What other parts of this turn of the event loop want to write comes along.
    await nextTurn();
    while (this.#waiting.length > 0) {
      await this.#gather();
      const group = this.#takeGroup();
      try {
        await this.#transact((tx) => runAll(group, tx));
        for (const write of group) write.done();
      } catch (error) {
        if (group.length === 1) group[0]?.failed(error);
        else for (const write of group) await this.#alone(write);
      }
      // Two callers that write again at the end of each write would keep a synchronous engine busy without end.
      if (this.#waiting.length > 0) await nextTurn();
    }
    // In the step in which nothing was found waiting: what comes later starts anew.
    this.#running = null;
  }

  async #gather(): Promise<void> {
    if (this.#announced === 0 || this.#isFull()) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, gatherMs);
      this.#goOn = resolve;
    });
    clearTimeout(timer);
    this.#goOn = null;
    // Whoever called the last announcement off is about to write.
    await nextTurn();
  }

  #isFull(): boolean {
    return this.#waiting.reduce((sum, { items }) => sum + items, 0) >= mostItems;
  }

  async #alone(write: PendingWrite): Promise<void> {
    try {
      await this.#transact((tx) => write.run(tx));
      write.done();
    } catch (error) {
      write.failed(error);
    }
  }

  #takeGroup(): PendingWrite[] {
    let items = 0;
    let count = 0;
    for (const write of this.#waiting) {
      items += write.items;
      if (count > 0 && (items > mostItems || count >= mostWrites)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}

async function runAll(group: readonly PendingWrite[], tx: Db): Promise<void> {
  let items = 0;
  for (const write of group) {
    if (items > 0 && items + write.items > turnItems) {
      await nextTurn();
      items = 0;
    }
    await write.run(tx);
    items += write.items;
  }
}
