import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LogEvent } from '../../../src/domain/events/event.ts';
import { everything } from '../../../src/domain/events/filter.ts';
import type { Item } from '../../../src/domain/items/item.ts';
import type { PollState, RefreshResult } from '../../../src/domain/polling/poll.ts';
import type { Site, Source } from '../../../src/domain/polling/source.ts';
import type { FetchLimits } from '../../../src/fetch/client/fetch-limits.ts';
import { createFetcher, type Fetcher } from '../../../src/fetch/fetch-source.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import type { Log } from '../../../src/runtime/log.ts';
import { NetworkBreaker } from '../../../src/schedule/network-breaker.ts';
import { createPollingLoop } from '../../../src/schedule/polling-loop.ts';
import { createRefresh } from '../../../src/server/stages/create-stages.ts';
import type { DocumentProcessor } from '../../../src/server/stages/document-processor.ts';
import { createWebReads } from '../../../src/server/web-reads.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { readEvents } from '../../../src/store/log/event-log.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { readItems } from '../../../src/store/queries/read-items.ts';
import { declareSources } from '../../../src/store/sources/declare-sources.ts';
import { claimSources, nextDueMs, readDueSources } from '../../../src/store/sources/leases.ts';
import { readSourceReports, type SourceReport } from '../../../src/store/sources/source-reports.ts';
import { readPollState } from '../../../src/store/sources/source-state.ts';
import type { App } from '../../../src/web/app.ts';
import { aSource } from '../builders.ts';
import { site as exampleSite, makeApp } from '../web/test-app.ts';
import type { Network } from './chaos-case.ts';
import { type LoopDelay, watchLoop } from './loop-delay.ts';

/** 1 March 2026, 12:00 UTC: what the wall clock shows at the first poll. Durations are real. */
export const harnessStartMs = Date.UTC(2026, 2, 1, 12);
/** A secret in the headers of every source, which must not appear anywhere else. */
export const headerSecret = 'open-sesame-4711';

const leaseMs = 90_000;
const site: Site = { ...exampleSite, politeness: { hostGapMs: 0, hostConcurrency: 4, globalPerSecond: 1_000 } };

export interface HarnessOptions {
  readonly processor: DocumentProcessor;
  readonly sources: readonly Source[];
  readonly limits: Partial<FetchLimits>;
  readonly network: Network;
}

/** One run of the polling loop. */
export interface PollRun {
  readonly results: ReadonlyMap<string, RefreshResult>;
  readonly delay: LoopDelay;
  /** The wall clock. */
  readonly atMs: number;
}

/** Options of a run of the polling loop. */
export interface PollRunOptions {
  readonly hostConcurrency?: number;
  /** How long it continues after the last read. */
  readonly extraMs?: number;
}

/** A declared source with a secret in its headers. */
export function chaosSource(id: string, url: string, over: Partial<Source> = {}): Source {
  const headers = { 'X-Api-Key': headerSecret, Authorization: `Bearer ${headerSecret}`, Cookie: `id=${headerSecret}` };
  return aSource(id, { url, title: null, headers, ...over });
}

/** The real polling pipeline with a database of its own and a wall clock that the test sets. */
export class PollingHarness {
  readonly #options: HarnessOptions;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-chaos-'));
  readonly #breaker = new NetworkBreaker();
  readonly #sources: ReadonlyMap<string, Source>;
  readonly errors: string[] = [];
  /** All lines of the log. */
  readonly logLines: string[] = [];
  store!: Store;
  #fetcher!: Fetcher;
  #app!: App;
  nowMs = harnessStartMs;

  constructor(options: HarnessOptions) {
    this.#options = options;
    this.#sources = new Map(options.sources.map((source) => [source.id, source]));
  }

  readonly clock: Clock = { now: () => this.nowMs, monotonic: () => systemClock.monotonic() };

  readonly log: Log = {
    debug: (facts, message) => this.#record(facts, message),
    info: (facts, message) => this.#record(facts, message),
    warn: (facts, message) => this.#record(facts, message),
    error: (facts, message) => {
      this.#record(facts, message);
      const { err } = facts as { err?: unknown };
      this.errors.push(`${message}: ${err instanceof Error ? err.stack : JSON.stringify(facts)}`);
    },
  };

  #record(facts: object, message: string): void {
    this.logLines.push(`${message} ${JSON.stringify(facts)}`);
  }

  async open(): Promise<this> {
    this.store = await openStore({ url: `sqlite:${path.join(this.#folder, 'harness.sqlite')}`, poller: true });
    const { limits, network, sources } = this.#options;
    this.#fetcher = createFetcher({
      clock: this.clock,
      userAgent: 'Newswire/0.0.0',
      feedsDir: this.#folder,
      limits,
      ...network,
      allowPrivateNetworks: network.allowPrivateNetworks ?? ['127.0.0.0/8'],
    });
    this.#app = makeApp([], {
      reads: createWebReads(this.store),
      publicUrl: 'https://news.example.net',
      site: () => site,
      clock: this.clock,
      log: this.log,
    }).app;
    await declareSources(this.store, { sources }, this.nowMs);
    return this;
  }

  /** Simulates a restart of the process. */
  async restart(): Promise<void> {
    await this.#shut();
    await this.open();
  }

  async close(): Promise<void> {
    await this.#shut();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #shut(): Promise<void> {
    await this.#fetcher.close();
    await this.store.close();
  }

  /** Runs the polling loop until each of these sources was read once, and for `extraMs` longer. */
  async poll(awaited: readonly string[], how: PollRunOptions = {}): Promise<PollRun> {
    const results = new Map<string, RefreshResult>();
    const watch = watchLoop();
    await new Promise<void>((resolve, reject) => {
      const loop = this.#createLoop(how, (result) => {
        results.set(result.sourceId, result);
        if (!awaited.every((id) => results.has(id))) return;
        clearTimeout(tooLong);
        setTimeout(() => loop.stop().then(resolve, reject), how.extraMs ?? 0);
      });
      const tooLong = setTimeout(() => {
        const missing = awaited.filter((id) => !results.has(id)).join(', ');
        loop.stop().then(() => reject(new Error(`not read: ${missing}\n${this.errors.join('\n')}`)), reject);
      }, 20_000);
      loop.start();
    });
    return { results, delay: await watch.stop(), atMs: this.nowMs };
  }

  #createLoop({ hostConcurrency = 4 }: PollRunOptions, onResult: (result: RefreshResult) => void) {
    const { store, clock, log } = this;
    const refresh = createRefresh({
      store,
      fetcher: this.#fetcher,
      processor: this.#options.processor,
      breaker: this.#breaker,
      clock,
      random: () => 0.5,
      hostCycleMs: () => 0,
      hostGapMs: () => 0,
      intervalMultiplier: () => 1,
      sourceOf: (id) => this.#sources.get(id),
      notify: () => {},
    });
    return createPollingLoop(
      {
        readDue: (nowMs, limit) => readDueSources(store.reader, nowMs, limit),
        claim: (ids, nowMs) => claimSources(store, { ids, nowMs, leaseMs }),
        refresh,
        nextDueMs: () => nextDueMs(store.reader),
      },
      {
        clock,
        log,
        networkBreaker: this.#breaker,
        limits: { ...site.politeness, hostConcurrency },
        graceMs: 1_000,
        abortGraceMs: 1_000,
        onResult,
      },
    );
  }

  async report(id: string): Promise<SourceReport> {
    const report = (await readSourceReports(this.store.reader)).find((one) => one.id === id);
    if (report === undefined) throw new Error(`no source ${id}`);
    return report;
  }

  async state(id: string): Promise<PollState> {
    const state = await readPollState(this.store.reader, id);
    if (state === null) throw new Error(`no source ${id}`);
    return state;
  }

  /** Sets when a source is due. */
  async makeDue(id: string, atMs: number): Promise<void> {
    await this.store.write((tx) =>
      tx.updateTable('source').set({ next_check_ms: atMs }).where('id', '=', id).execute(),
    );
    this.nowMs = Math.max(this.nowMs, atMs);
  }

  /** Items that a source owns or shares, newest first. */
  async items(id: string): Promise<readonly Item[]> {
    const filter = { ...everything, sources: [id] };
    return (await readItems(this.store.reader, { filter, limit: 1_000, before: null })).items;
  }

  events(): Promise<readonly LogEvent[]> {
    return readEvents(this.store.reader, 0, 100_000);
  }

  /** Requests a page of the web app. */
  async get(address: string, init: RequestInit = {}): Promise<{ status: number; etag: string | null; text: string }> {
    const response = await this.#app.request(`https://news.example.net${address}`, init);
    return { status: response.status, etag: response.headers.get('etag'), text: await response.text() };
  }
}
