import { AsyncLocalStorage } from 'node:async_hooks';
import { type Dialect, Kysely, type KyselyPlugin, type PluginTransformQueryArgs } from 'kysely';
import type { Db } from './engine.ts';
import type { Tables } from './tables.ts';

/** One Kysely object has one connection and a queue for it: whoever holds it may not queue behind itself. */
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
    // What outlives its transaction, a timer set within it for one, is not inside any more.
    if (this.#inside.getStore()?.open !== true) return;
    throw new Error(`the store's ${this.#name} was used inside its own transaction: use the one that was passed in`);
  }

  async transaction<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    return this.db.transaction().execute((tx) => work(tx.withoutPlugins()));
  }

  /** A piece of work within a transaction, in the context of whoever asks for it now. */
  inCallerContext<T>(work: (tx: Db) => Promise<T>): (tx: Db) => Promise<T> {
    this.#refuseInside();
    const place = { open: true };
    const inContext = AsyncLocalStorage.snapshot();
    return async (tx) => {
      try {
        return await inContext(() => this.#inside.run(place, () => work(tx)));
      } finally {
        place.open = false;
      }
    };
  }
}
