import type { LogEvent } from '../../src/domain/events/event.ts';
import type { ItemDraft, NormalisedFeed } from '../../src/domain/items/item.ts';
import type { Lease } from '../../src/domain/polling/poll.ts';
import type { Declarations, Source } from '../../src/domain/polling/source.ts';
import type { Store } from '../../src/store/engine/store.ts';
import type { BatchCounts } from '../../src/store/items/store-batch.ts';
import { type StoreRequest, type StoreResult, storeFeed } from '../../src/store/items/store-items.ts';
import { readEvents } from '../../src/store/log/event-log.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { claimSources } from '../../src/store/sources/leases.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { aFeed, aPollResult, aSource, noon } from './builders.ts';

/** A store with sources that a test reads at given times. */
export class StoreFixture {
  readonly store: Store;
  readonly #sources = new Map<string, Source>();
  readonly pollCounts: BatchCounts[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  async declare(sources: readonly Source[], nowMs = noon): Promise<void> {
    this.#sources.clear();
    for (const one of sources) this.#sources.set(one.id, one);
    await declareSources(this.store, { sources } satisfies Pick<Declarations, 'sources'>, nowMs);
  }

  async claim(id: string, nowMs = noon): Promise<Lease> {
    const [lease] = await claimSources(this.store, { ids: [id], nowMs, leaseMs: 90_000 });
    if (lease === undefined) throw new Error(`${id} could not be claimed`);
    return lease;
  }

  sourceOf(id: string): Source {
    const found = this.#sources.get(id);
    if (found === undefined) throw new Error(`${id} is not declared`);
    return found;
  }

  /** Reads a source once: claims it, stores the document, and makes it due again immediately. */
  async read(
    id: string,
    document: NormalisedFeed | readonly ItemDraft[],
    nowMs = noon,
    over: Partial<StoreRequest> = {},
  ): Promise<StoreResult> {
    const lease = over.lease ?? (await this.claim(id, nowMs));
    const state = await readPollState(this.store.reader, id);
    return storeFeed(this.store, {
      lease,
      feed: 'kind' in document ? document : aFeed(document),
      firstRead: state?.firstReadDone !== true,
      nowMs,
      toPollResult: (counts) => {
        this.pollCounts.push(counts);
        return aPollResult({ nextCheckMs: nowMs });
      },
      ...over,
    });
  }

  /** Reads an empty document of each source, so that later items are news and not backfill. */
  async open(...ids: string[]): Promise<void> {
    for (const id of ids) await this.read(id, []);
  }

  events(): Promise<LogEvent[]> {
    return readEvents(this.store.reader, 0, 10_000);
  }
}

/** A fixture with these sources, or sources with these ids, declared at noon. */
export async function createStoreFixture(
  store: Store,
  ...sources: readonly (Source | string)[]
): Promise<StoreFixture> {
  const fixture = new StoreFixture(store);
  await fixture.declare(sources.map((one) => (typeof one === 'string' ? aSource(one) : one)));
  return fixture;
}
