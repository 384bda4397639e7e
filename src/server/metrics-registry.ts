import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RefreshResult } from '../domain/polling/poll.ts';
import { type StorageState, storageFaults } from '../domain/storage.ts';
import { DeliveryDelays, type DeliveryStage } from '../push/delivery-delays.ts';
import type { FanOut } from '../push/fanout/fan-out.ts';
import type { LogTail } from '../push/log/log-tail.ts';
import type { Clock } from '../runtime/clock.ts';
import type { DurationHistogram } from '../runtime/duration-histogram.ts';
import type { SessionRegistry } from '../web/live/session/session-registry.ts';
import { type ObservedServer, registerServerGauges } from './server-gauges.ts';

/** How many sources get a label value of their own, in the order of their first item. The others share one. */
export const maxSourceLabels = 50;
const otherSources = 'other';

/** The metrics of this server. */
export interface Metrics {
  readonly freshness: DeliveryDelays;
  readonly contentType: string;
  /** All metrics in the Prometheus text format. */
  read(): Promise<string>;
  /** Counts a poll and its items. */
  polled(result: RefreshResult): void;
  /** Counts a processed push of a hub and its items. */
  pushed(counts: ItemCounts): void;
  /** Counts a delivery to a WebSub subscriber; `outcome` is one of a small closed set. */
  webSubDelivered(outcome: string): void;
  /** Counts a delivery to a webhook; `outcome` is one of a small closed set. */
  webhookDelivered(outcome: string): void;
  /** Counts a query in a query process; `outcome` is one of a small closed set. */
  queryEnded(outcome: string): void;
  /** Adds the metrics of live connections. */
  watchLive(live: LiveSide): void;
  /** Adds the metric of storage faults. */
  watchStorage(storage: { readonly state: StorageState | null }): void;
  /** Adds the metrics of requests, declarations and the database. */
  watchServer(server: ObservedServer): void;
}

/** The new and updated items of a document. */
type ItemCounts = Pick<RefreshResult, 'added' | 'updated'>;

/** The parts of the live side that are read at each scrape. */
export interface LiveSide {
  readonly sessions: Pick<SessionRegistry, 'count' | 'closes'>;
  readonly fanOut: Pick<FanOut, 'size' | 'resets'>;
  readonly tail: Pick<LogTail, 'holes'>;
}

const stageHelp: Readonly<Record<DeliveryStage, string>> = {
  published_to_fetched: 'From the publication date of an item to the poll or push that brought it.',
  fetched_to_stored: 'From the fetch of a document to the commit of its new items.',
  stored_to_pushed: 'From the commit of a new item to the first write to a live client.',
  published_to_pushed: 'From the publication date of an item to the first write to a live client.',
};
const stageBounds: Readonly<Record<DeliveryStage, readonly number[]>> = {
  published_to_fetched: [1, 5, 15, 60, 300, 900, 3600, 10_800, 43_200, 86_400, 604_800],
  fetched_to_stored: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  stored_to_pushed: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  published_to_pushed: [1, 5, 15, 60, 300, 900, 3600, 10_800, 43_200, 86_400, 604_800],
};

/** The sampling interval of the event-loop delay. At the default of 10 ms the timer alone takes 0.9 % of a core. */
const loopSampleMs = 100;

/** Gauges of the library whose names are those of counters. Each has another metric with its values by type. */
const misnamedGauges = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Creates the metrics of one server, in a registry of their own. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopSampleMs });
  for (const name of misnamedGauges) registry.removeSingleMetric(name);
  const freshness = new DeliveryDelays({ clock, observe: stageObserver(registers) });
  new BucketsHistogram(
    'newswire_live_commit_to_write_seconds',
    'From the commit of an event to the write to a socket, of every live delivery.',
    { buckets: freshness.commitToWrite, registers },
  );
  const deliveries = counter(registers, 'newswire_websub_deliveries_total', 'Deliveries to WebSub subscribers.', [
    'outcome',
  ]);
  const hooks = counter(registers, 'newswire_webhook_deliveries_total', 'Deliveries to webhooks.', ['outcome']);
  const queries = counter(registers, 'newswire_queries_total', 'Queries in query processes.', ['outcome']);
  return {
    freshness,
    contentType: registry.contentType,
    read: () => registry.metrics(),
    ...itemCounters(registers),
    webSubDelivered: (outcome) => deliveries.inc({ outcome }),
    webhookDelivered: (outcome) => hooks.inc({ outcome }),
    queryEnded: (outcome) => queries.inc({ outcome }),
    watchLive: (live) => liveMetrics(registers, live),
    watchStorage: (storage) => storageGauge(registers, storage),
    watchServer: (server) => registerServerGauges(registers, server),
  };
}

function counter<Label extends string>(
  registers: Registry[],
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return new Counter({ name, help, labelNames: [...labelNames], registers });
}

/** Observes the duration of each stage, labelled by source. The number of label values is limited. */
function stageObserver(registers: Registry[]): (stage: DeliveryStage, sourceId: string, seconds: number) => void {
  const histogramOf = (stage: DeliveryStage) =>
    new Histogram({
      name: `newswire_${stage}_seconds`,
      help: stageHelp[stage],
      labelNames: ['source'],
      buckets: [...stageBounds[stage]],
      registers,
    });
  const histograms: Readonly<Record<DeliveryStage, Histogram<'source'>>> = {
    published_to_fetched: histogramOf('published_to_fetched'),
    fetched_to_stored: histogramOf('fetched_to_stored'),
    stored_to_pushed: histogramOf('stored_to_pushed'),
    published_to_pushed: histogramOf('published_to_pushed'),
  };
  const labelled = new Set<string>();
  return (stage, sourceId, seconds) => {
    if (labelled.size < maxSourceLabels) labelled.add(sourceId);
    histograms[stage].observe({ source: labelled.has(sourceId) ? sourceId : otherSources }, seconds);
  };
}

function itemCounters(registers: Registry[]): Pick<Metrics, 'polled' | 'pushed'> {
  const polls = counter(registers, 'newswire_polls_total', 'Polls of sources.', ['outcome']);
  const failures = counter(registers, 'newswire_poll_failures_total', 'Polls that failed.', ['failure']);
  const pushes = counter(registers, 'newswire_websub_pushes_total', 'Processed pushes of WebSub hubs.');
  const added = counter(registers, 'newswire_items_added_total', 'New items.');
  const updated = counter(registers, 'newswire_items_updated_total', 'Updated items.');
  const count = (items: ItemCounts): void => {
    added.inc(items.added);
    updated.inc(items.updated);
  };
  return {
    polled(result) {
      polls.inc({ outcome: result.outcome });
      if (result.failure !== null) failures.inc({ failure: result.failure });
      count(result);
    },
    pushed(items) {
      pushes.inc();
      count(items);
    },
  };
}

function storageGauge(registers: Registry[], storage: { readonly state: StorageState | null }): void {
  new Gauge({
    name: 'newswire_storage_fault',
    help: '1 while the storage of the database has this fault, else 0.',
    labelNames: ['fault'],
    registers,
    collect() {
      for (const fault of storageFaults) this.set({ fault }, storage.state?.fault === fault ? 1 : 0);
    },
  });
}

/** Metrics whose values the live side keeps: they are read at each scrape. */
function liveMetrics(registers: Registry[], { sessions, fanOut, tail }: LiveSide): void {
  new Gauge({
    name: 'newswire_live_sessions',
    help: 'Open live connections.',
    labelNames: ['transport'],
    registers,
    collect() {
      for (const transport of ['ws', 'sse'] as const) this.set({ transport }, sessions.count(transport));
    },
  });
  new Gauge({
    name: 'newswire_live_subscriptions',
    help: 'Subscriptions of all live connections.',
    registers,
    collect() {
      this.set(fanOut.size);
    },
  });
  externalCounter(registers, 'newswire_live_resets_total', 'Subscriptions that were reset.', {
    label: 'reason',
    counts: () => fanOut.resets,
  });
  externalCounter(registers, 'newswire_live_closes_total', 'Live connections that the server closed.', {
    label: 'code',
    counts: () => sessions.closes,
  });
  new Counter({
    name: 'newswire_hole_detected_total',
    help: 'Events missing from the log. Any value but 0 is a bug.',
    registers,
    collect() {
      this.reset();
      this.inc(tail.holes);
    },
  });
}

interface ExternalCounts {
  readonly label: string;
  counts(): ReadonlyMap<string | number, number>;
}

/** A counter whose counts are kept elsewhere, by the value of one label. */
function externalCounter(registers: Registry[], name: string, help: string, { label, counts }: ExternalCounts): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [value, count] of counts()) this.inc({ [label]: value }, count);
    },
  });
}

/** A histogram of buckets that are filled elsewhere: `observe` of prom-client would cost more than a delivery. */
class BucketsHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #buckets: DurationHistogram;

  constructor(
    name: string,
    help: string,
    from: { readonly buckets: DurationHistogram; readonly registers: Registry[] },
  ) {
    super({ name, help, buckets: [...from.buckets.bounds], registers: from.registers });
    this.#name = name;
    this.#help = help;
    this.#buckets = from.buckets;
  }

  /** Called by the registry at each scrape. */
  async getForPromString() {
    const { bounds, counts, sum } = this.#buckets;
    let cumulative = 0;
    const line = (suffix: string, value: number, labels: Record<string, string | number> = {}) => ({
      metricName: `${this.#name}_${suffix}`,
      labels,
      value,
    });
    const buckets = [...bounds, '+Inf' as const].map((le, index) => {
      cumulative += counts[index] ?? 0;
      return line('bucket', cumulative, { le });
    });
    const values = [...buckets, line('sum', sum), line('count', cumulative)];
    return { name: this.#name, help: this.#help, type: 'histogram', values };
  }
}
