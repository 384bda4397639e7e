import { AsyncLocalStorage } from 'node:async_hooks';
import { type Dialect, Kysely, type KyselyPlugin, type PluginTransformQueryArgs } from 'kysely';
import type { Db } from './engine.ts';
import type { Tables } from './tables.ts';

/**
 * A Kysely instance with a single connection, whose users wait in a queue. A query on it from inside its own transaction
 * would wait for itself forever: such a query throws instead.
 */
export class SerialConnection {
  readonly #inside = new AsyncLocalStorage<{ open: boolean }>();
  readonly #name: string;
  readonly db: Db;

  constructor(name: string, dialect: Dialect) {
    this.#name = name;
    const guard: KyselyPlugin = {
      transformQuery: ({ node }: PluginTransformQueryArgs) => {
        this.#refuseInside();
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    this.db = new Kysely<Tables>({ dialect, plugins: [guard] });
  }

  #refuseInside(): void {
    // Work that outlives its transaction, such as a timer that was set inside it, is no longer inside.
    if (this.#inside.getStore()?.open !== true) return;
    throw new Error(`the store's ${this.#name} was used inside its own transaction: use the one that was passed in`);
  }

  async transaction<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    return this.db.transaction().execute((tx) => work(tx.withoutPlugins()));
  }

  /**
   * Wraps work that will run inside a transaction, possibly one shared with other callers, so that it keeps the async
   * context (`AsyncLocalStorage`) of the present caller.
   *
   * @throws Error when it is called from inside a transaction of this connection.
   */
  inCallerContext<T>(work: (tx: Db) => Promise<T>): (tx: Db) => Promise<T> {
    this.#refuseInside();
    const transaction = { open: true };
    const inContext = AsyncLocalStorage.snapshot();
    return async (tx) => {
      try {
        return await inContext(() => this.#inside.run(transaction, () => work(tx)));
      } finally {
        transaction.open = false;
      }
    };
  }
}
