import { beforeEach } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Item } from '../../src/domain/items/item.ts';
import type { NormaliseTask } from '../../src/domain/items/normalise-task.ts';
import type { Note } from '../../src/domain/notes/note.ts';
import type { PollState, RefreshResult } from '../../src/domain/polling/poll.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import { createFetcher, type Fetcher } from '../../src/fetch/fetch-source.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { NetworkBreaker } from '../../src/schedule/network-breaker.ts';
import { createRefresh } from '../../src/server/stages/create-stages.ts';
import type { DocumentProcessor } from '../../src/server/stages/document-processor.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { claimSources } from '../../src/store/sources/leases.ts';
import { readSourceReports, type SourceReport } from '../../src/store/sources/source-reports.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import { normaliseDocument } from '../../src/worker.ts';
import { createStore, type TestEngine } from '../contract/test-engines.ts';
import { aSource, noon } from './builders.ts';
import { type Origin, startOrigin } from './origin.ts';
import { useCleanups } from './use-cleanups.ts';

export interface PollingFixtureOptions {
  readonly store?: Store;
  readonly hostGapMs?: number;
  readonly allowPrivateNetworks?: readonly string[];
}

/** Polls one source, `a`, through the real stages. The test sets the wall clock. */
export class PollingFixture {
  readonly store: Store;
  readonly source: Source;
  /** Tasks given to the document processor, oldest first. */
  readonly tasks: NormaliseTask[] = [];
  /** Heads of the event log that readers were notified of. */
  readonly notifiedHeads: number[] = [];
  nowMs = noon;
  readonly #fetcher: Fetcher;
  readonly #refresh: ReturnType<typeof createRefresh>;

  constructor(store: Store, url: string, over: Partial<Source> = {}, options: PollingFixtureOptions = {}) {
    this.store = store;
    this.source = aSource('a', { url, ...over });
    const clock: Clock = { now: () => this.nowMs, monotonic: () => systemClock.monotonic() };
    const allowPrivateNetworks = options.allowPrivateNetworks ?? ['127.0.0.0/8'];
    this.#fetcher = createFetcher({ clock, userAgent: 'Newswire/0', feedsDir: '/nowhere', allowPrivateNetworks });
    const processor: Pick<DocumentProcessor, 'normalise'> = {
      normalise: (task) => {
        this.tasks.push(task);
        return normaliseDocument(task);
      },
    };
    this.#refresh = createRefresh({
      store,
      fetcher: this.#fetcher,
      processor,
      breaker: new NetworkBreaker(),
      clock,
      random: () => 0.5,
      hostGapMs: () => options.hostGapMs ?? 0,
      hostCycleMs: () => 0,
      intervalMultiplier: () => 1,
      sourceOf: (id) => (id === this.source.id ? this.source : undefined),
      notify: (head) => void this.notifiedHeads.push(head),
    });
  }

  async declare(): Promise<this> {
    await declareSources(this.store, { sources: [this.source] }, this.nowMs);
    return this;
  }

  /** One poll, as soon as it is due. */
  async poll(signal: AbortSignal = new AbortController().signal): Promise<RefreshResult> {
    this.nowMs = Math.max(this.nowMs, (await this.state()).nextCheckMs);
    const [lease] = await claimSources(this.store, { ids: ['a'], nowMs: this.nowMs, leaseMs: 90_000 });
    if (lease === undefined) throw new Error('the source could not be claimed');
    return this.#refresh(lease, signal);
  }

  async state(): Promise<PollState> {
    const state = await readPollState(this.store.reader, 'a');
    if (state === null) throw new Error('the source is not declared');
    return state;
  }

  async report(): Promise<SourceReport> {
    const [report] = await readSourceReports(this.store.reader);
    if (report === undefined) throw new Error('the source is not declared');
    return report;
  }

  async notes(): Promise<readonly Note[]> {
    return (await this.report()).notes;
  }

  /** Newest first. */
  async items(): Promise<readonly Item[]> {
    return (await readItems(this.store.reader, { filter: everything, limit: 1000, before: null })).items;
  }

  close(): Promise<void> {
    return this.#fetcher.close();
  }
}

/** The store, the origin and the cleanups of the current test. */
export interface PollingTest {
  readonly store: Store;
  readonly origin: Origin;
  /** Functions that run after the test, the last added first. */
  readonly cleanups: (() => unknown)[];
  /** Declares the source `a` with the URL `/feed` of the origin, unless `over` has another. */
  createPoller(over?: Partial<Source>, options?: PollingFixtureOptions): Promise<PollingFixture>;
}

/** Gives each test of the calling group an empty store and an origin. */
export function usePolling(engine: TestEngine): PollingTest {
  const cleanups = useCleanups();
  let store: Store;
  let origin: Origin;
  beforeEach(async () => {
    const created = await createStore(engine);
    cleanups.push(created.remove);
    store = created.store;
    origin = await startOrigin();
    cleanups.push(() => origin.close());
  });
  return {
    cleanups,
    get store() {
      return store;
    },
    get origin() {
      return origin;
    },
    async createPoller(over = {}, options = {}) {
      const poller = new PollingFixture(options.store ?? store, `${origin.url}/feed`, over, options);
      cleanups.push(() => poller.close());
      return poller.declare();
    },
  };
}
