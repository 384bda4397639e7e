import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RefreshResult } from '../../../src/domain/polling/poll.ts';
import type { Source } from '../../../src/domain/polling/source.ts';
import type { FetchLimits } from '../../../src/fetch/client/fetch-limits.ts';
import { createFetcher, type Fetcher } from '../../../src/fetch/fetch-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { hostCycles } from '../../../src/schedule/host-cycle.ts';
import { createLatenessMonitor } from '../../../src/schedule/lateness-monitor.ts';
import { NetworkBreaker } from '../../../src/schedule/network-breaker.ts';
import { createPollingLoop, type PollingLoop } from '../../../src/schedule/polling-loop.ts';
import { createRefresh } from '../../../src/server/stages/create-stages.ts';
import { createDocumentProcessor, type DocumentProcessor } from '../../../src/server/stages/document-processor.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { declareSources } from '../../../src/store/sources/declare-sources.ts';
import { claimSources, nextDueMs, readDueSources } from '../../../src/store/sources/leases.ts';
import { readSourceReports, type SourceReport } from '../../../src/store/sources/source-reports.ts';
import { rssDocument } from '../documents.ts';
import { type Origin, startOrigin } from '../origin.ts';
import { FastClock } from './fast-clock.ts';
import { type LoopDelay, watchLoop } from './loop-delay.ts';
import { chaosSource, harnessStartMs } from './polling-harness.ts';

const hostGapMs = 1_000;
const leaseMs = 90_000;
const farMs = 24 * 3_600_000;

export interface SimulatedNetworkOptions {
  /** Factor by which the clock, and with it the schedule, runs faster. */
  readonly speed: number;
  /** Number of healthy sources, each on its own host. */
  readonly healthy: number;
  readonly intervalMs: number;
  /** The other sources. */
  readonly others: readonly Source[];
  /** Whether the schedule knows that all names resolve to one address; otherwise each counts as its own. */
  readonly sharedAddress?: boolean;
  /** Limits of the fetcher, in real time. */
  readonly limits: Partial<FetchLimits>;
}

/** A read of a healthy source: its planned time and its delay. */
export interface Read {
  readonly plannedMs: number;
  readonly lateMs: number;
}

/** The real polling pipeline with very many sources and an accelerated clock. All names resolve to 127.0.0.1. */
export class SimulatedNetwork {
  readonly #options: SimulatedNetworkOptions;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-network-'));
  readonly #planned = new Map<string, number>();
  readonly #processor: DocumentProcessor = createDocumentProcessor();
  readonly clock: FastClock;
  readonly reads: Read[] = [];
  readonly results: RefreshResult[] = [];
  store!: Store;
  #fetcher!: Fetcher;
  #neighbour!: Origin;
  #loop!: PollingLoop;

  constructor(options: SimulatedNetworkOptions) {
    this.#options = options;
    this.clock = new FastClock({ startMs: harnessStartMs, speed: options.speed });
  }

  async open(): Promise<this> {
    const { others, limits, healthy, intervalMs } = this.#options;
    this.#neighbour = await this.#startNeighbour();
    this.store = await openStore({ url: `sqlite:${path.join(this.#folder, 'network.sqlite')}`, poller: true });
    const names = Array.from({ length: healthy }, (_, n) => `healthy-${n}`);
    const sources = [
      ...names.map((id) =>
        chaosSource(id, `http://${id}.example.com:${this.#neighbour.port}/${id}`, { intervalMs, headers: {} }),
      ),
      ...others,
    ];
    await declareSources(this.store, { sources }, this.clock.now());
    await this.store.write(async (tx) => {
      await tx
        .updateTable('source')
        .set({ next_check_ms: this.clock.now() + farMs })
        .execute();
      await tx.updateTable('source').set({ next_check_ms: harnessStartMs }).where('id', 'like', 'healthy-%').execute();
    });
    this.#fetcher = createFetcher({
      clock: { now: () => this.clock.now(), monotonic: () => systemClock.monotonic() },
      userAgent: 'Newswire/0.0.0',
      feedsDir: this.#folder,
      allowPrivateNetworks: ['127.0.0.0/8'],
      limits,
      resolve: async () => ['127.0.0.1'],
    });
    this.#loop = this.#createLoop(new Map(sources.map((source) => [source.id, source])));
    return this;
  }

  /** Makes all other sources due at once. */
  async makeOthersDue(): Promise<void> {
    await this.store.write((tx) =>
      tx.updateTable('source').set({ next_check_ms: this.clock.now() }).where('id', 'not like', 'healthy-%').execute(),
    );
  }

  /** Polls for a duration of the accelerated clock, or until `isEnough`. */
  async run(forMs: number, isEnough: () => boolean = () => false): Promise<LoopDelay> {
    const watch = watchLoop();
    const untilMs = this.clock.monotonic() + forMs;
    this.#loop.start();
    while (this.clock.monotonic() < untilMs && !isEnough()) await new Promise((resolve) => setTimeout(resolve, 20));
    return watch.stop();
  }

  reports(): Promise<readonly SourceReport[]> {
    return readSourceReports(this.store.reader);
  }

  async close(): Promise<void> {
    await this.#loop.stop();
    this.clock.stop();
    await this.#fetcher.close();
    await this.#processor.close();
    await this.store.close();
    await this.#neighbour.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #createLoop(sources: ReadonlyMap<string, Source>): PollingLoop {
    const { store, clock } = this;
    const breaker = new NetworkBreaker();
    const lateness = createLatenessMonitor();
    const refresh = createRefresh({
      store,
      fetcher: this.#fetcher,
      processor: this.#processor,
      breaker,
      clock,
      random: () => 0.5,
      hostCycleMs: hostCycles([...sources.values()], hostGapMs),
      hostGapMs: () => 0,
      intervalMultiplier: () => lateness.intervalMultiplier(),
      sourceOf: (id) => sources.get(id),
      notify: () => {},
    });
    return createPollingLoop(
      {
        readDue: (nowMs, limit) => readDueSources(store.reader, nowMs, limit),
        claim: (ids, nowMs) => claimSources(store, { ids, nowMs, leaseMs }),
        refresh: async (lease, signal) => {
          const result = await refresh(lease, signal);
          if (lease.sourceId.startsWith('healthy')) await this.#notePlan(lease.sourceId);
          return result;
        },
        nextDueMs: () => nextDueMs(store.reader),
        ...(this.#options.sharedAddress === true ? { addressOf: (host: string) => this.#fetcher.addressOf(host) } : {}),
      },
      {
        clock,
        log: silentLog,
        networkBreaker: breaker,
        lateness,
        limits: { hostGapMs },
        timers: clock,
        graceMs: 0,
        abortGraceMs: 60_000,
        onResult: (result) => this.results.push(result),
      },
    );
  }

  async #notePlan(id: string): Promise<void> {
    const row = await this.store.reader.selectFrom('source').select('next_check_ms').where('id', '=', id).execute();
    this.#planned.set(id, row[0]?.next_check_ms ?? 0);
  }

  /** Starts an origin that records the delay of each read and has a new item each time. */
  #startNeighbour(): Promise<Origin> {
    return startOrigin().then((origin) => {
      for (let n = 0; n < this.#options.healthy; n += 1) {
        origin.on(`/healthy-${n}`, () => {
          const plannedMs = this.#planned.get(`healthy-${n}`);
          const nowMs = this.clock.now();
          if (plannedMs !== undefined) this.reads.push({ plannedMs, lateMs: nowMs - plannedMs });
          const title = `News at ${nowMs}`;
          return { body: rssDocument({ title: 'Healthy', link: 'https://example.com/' }, [{ title, guid: title }]) };
        });
      }
      return origin;
    });
  }
}
