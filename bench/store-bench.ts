import type { NormalisedFeed } from '../src/domain/items/item.ts';
import { emptyPollHistory, type PollResult } from '../src/domain/polling/poll.ts';
import type { Source } from '../src/domain/polling/source.ts';
import type { Store } from '../src/store/engine/store.ts';
import { storeFeed } from '../src/store/items/store-items.ts';
import { openStore } from '../src/store/open-store.ts';
import { declareSources } from '../src/store/sources/declare-sources.ts';
import { claimSources } from '../src/store/sources/leases.ts';

const nowMs = 1_790_000_000_000;

const source: Source = {
  id: 'bench',
  idDeclared: true,
  url: 'https://www.example.org/rss.xml',
  hidden: null,
  title: null,
  section: 'World',
  intervalMs: null,
  language: null,
  headers: {},
  keep: null,
  drop: null,
  limit: 500,
  republish: 'full',
  trust: { dates: true, ids: true },
  declarationHash: 'bench',
  declaredAt: 'bench',
  listedBy: null,
};

const settlement: PollResult = {
  outcome: 'fresh',
  failure: null,
  detail: null,
  facts: { status: 200, bytes: 1, durationMs: 1, redirects: 0, notes: [] },
  validators: null,
  bodyHash: null,
  nextCheckMs: nowMs,
  nextCheckReason: { code: 'never_read' },
  failures: 0,
  firstFailedMs: null,
  goneMs: null,
  movedTo: null,
  hostPauseMs: null,
  history: emptyPollHistory,
};

/** A new database with one source, whose documents are stored one after the other. */
export class StoreBench {
  readonly #store: Store;

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(file: string): Promise<StoreBench> {
    const store = await openStore({ url: `sqlite:${file}`, poller: true });
    await declareSources(store, { sources: [source] }, nowMs);
    return new StoreBench(store);
  }

  /** Stores a document. Its source is due again immediately. */
  async store(digest: NormalisedFeed): Promise<void> {
    const [lease] = await claimSources(this.#store, { ids: ['bench'], nowMs, leaseMs: 90_000 });
    if (lease === undefined) throw new Error('the source could not be claimed');
    await storeFeed(this.#store, {
      lease,
      feed: digest,
      firstRead: true,
      nowMs,
      toPollResult: () => settlement,
    });
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
