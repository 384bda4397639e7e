import { Counter, Gauge, type Registry } from 'prom-client';
import { type WebhookCondition, webhookCondition } from '../domain/events/webhook.ts';
import { sourceStates } from '../store/sources/source-counts.ts';
import type { RequestCount } from '../web/http/routes/request-counts.ts';
import type { FigureReader, StoredFigures, WebhookBacklog } from './stored-figures.ts';

/** How many webhooks get a label value of their own. The others share one, with the largest backlog of them. */
const maxWebhookLabels = 50;
const otherWebhooks = 'other';
const webhookConditions: readonly WebhookCondition[] = ['new', 'ok', 'failing', 'paused'];

/** The parts of a server that are read at each scrape. */
export interface ObservedServer {
  readonly version: string;
  readonly figures: FigureReader;
  /** Responses since the start. */
  requests(): readonly RequestCount[];
  /** The declarations in FEEDS_DIR. */
  config(): ConfigState;
}

/** The state of the declarations in FEEDS_DIR. */
interface ConfigState {
  /** Whether the present files are active. */
  readonly isCurrent: boolean;
  /** When the active declarations were read, epoch ms. */
  readonly readMs: number;
}

/** Adds the metrics whose values other parts of the server have. Nothing is read between two scrapes. */
export function registerServerGauges(registers: Registry[], server: ObservedServer): void {
  const { figures } = server;
  const stored = (read: (figures: StoredFigures) => number | null) => async (): Promise<number | null> => {
    const found = await figures.stored();
    return found === null ? null : read(found);
  };
  const factory = new GaugeFactory(registers);
  processGauges(factory, server);
  requestCounter(registers, server);
  storedGauges(factory, stored);
  labelledGauges(factory, figures);
  factory.single('newswire_database_disk_free_bytes', 'Free space on the disk of the database.', async () => {
    return (await figures.sizes())?.diskFreeBytes ?? null;
  });
}

function processGauges(factory: GaugeFactory, { version, config }: ObservedServer): void {
  factory.labelled(
    { name: 'newswire_build_info', help: 'Always 1. The labels have the versions of Newswire and Node.' },
    ['version', 'node_version'],
    () => [[{ version, node_version: process.versions.node }, 1]],
  );
  factory.single(
    'newswire_config_last_reload_successful',
    '1 while the declarations in FEEDS_DIR are active, 0 while they have errors.',
    () => (config().isCurrent ? 1 : 0),
  );
  factory.single(
    'newswire_config_last_reload_success_timestamp_seconds',
    'When the active declarations were read.',
    () => config().readMs / 1000,
  );
}

function requestCounter(registers: Registry[], { requests }: ObservedServer): void {
  new Counter({
    name: 'newswire_http_requests_total',
    help: 'Responses by route and status class, counted when they end.',
    labelNames: ['route', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { route, status, count } of requests()) this.inc({ route, status }, count);
    },
  });
}

function storedGauges(
  factory: GaugeFactory,
  stored: (read: (figures: StoredFigures) => number | null) => () => Promise<number | null>,
): void {
  factory.single(
    'newswire_poll_overdue_seconds',
    'How long the longest-waiting source has been due; 0 if none is due.',
    stored(({ overdueMs }) => overdueMs / 1000),
  );
  factory.single(
    'newswire_event_log_head',
    'Position of the last event.',
    stored(({ log }) => log.head),
  );
  factory.single(
    'newswire_event_log_floor',
    'Position of the oldest event kept.',
    stored(({ log }) => log.floor),
  );
  factory.single(
    'newswire_event_log_last_event_timestamp_seconds',
    'When the last event was appended.',
    stored(({ lastEventMs }) => toSeconds(lastEventMs)),
  );
  factory.single(
    'newswire_event_log_oldest_event_timestamp_seconds',
    'When the oldest event kept was appended.',
    stored(({ oldestEventMs }) => toSeconds(oldestEventMs)),
  );
  factory.single(
    'newswire_websub_subscribers',
    'WebSub subscriptions to output feeds.',
    stored(({ webSubSubscribers }) => webSubSubscribers),
  );
  factory.single(
    'newswire_comments_pending',
    'Comments that wait for a moderator.',
    stored(({ pendingComments }) => pendingComments),
  );
}

function labelledGauges(factory: GaugeFactory, figures: FigureReader): void {
  factory.labelled({ name: 'newswire_sources', help: 'Declared sources by state.' }, ['state'], async () => {
    const found = await figures.stored();
    return found === null ? [] : sourceStates.map((state) => [{ state }, found.sources[state]]);
  });
  factory.labelled({ name: 'newswire_webhooks', help: 'Declared webhooks by condition.' }, ['condition'], async () => {
    const webhooks = (await figures.stored())?.webhooks;
    if (webhooks === undefined) return [];
    const conditions = webhooks.map(webhookCondition);
    return webhookConditions.map((condition) => [
      { condition },
      conditions.filter((found) => found === condition).length,
    ]);
  });
  factory.labelled(
    { name: 'newswire_webhook_backlog_events', help: 'Events that a webhook has not processed yet.' },
    ['webhook'],
    async () => backlogSamples((await figures.stored())?.webhooks ?? []),
  );
  factory.labelled(
    { name: 'newswire_database_size_bytes', help: 'Sizes of the database and of its write-ahead log.' },
    ['file'],
    async () => {
      const sizes = await figures.sizes();
      if (sizes === null) return [];
      return [
        [{ file: 'main' }, sizes.bytes],
        [{ file: 'wal' }, sizes.writeAheadBytes],
      ];
    },
  );
}

/** Removed and added webhooks must not make the number of samples grow without bound. */
function backlogSamples(webhooks: readonly WebhookBacklog[]): readonly Sample[] {
  const known = webhooks.flatMap(({ id, backlog }) => (backlog === null ? [] : [{ id, backlog }]));
  const own = known.slice(0, maxWebhookLabels).map(({ id, backlog }): Sample => [{ webhook: id }, backlog]);
  const others = known.slice(maxWebhookLabels).map(({ backlog }) => backlog);
  return others.length === 0 ? own : [...own, [{ webhook: otherWebhooks }, Math.max(...others)]];
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Creates gauges that are read at each scrape. */
class GaugeFactory {
  readonly #registers: Registry[];

  constructor(registers: Registry[]) {
    this.#registers = registers;
  }

  /** @param read null: the value is unknown now, and there is no sample. */
  single(name: string, help: string, read: () => Promise<number | null> | number | null): void {
    new Gauge({
      ...{ name, help, registers: this.#registers },
      async collect() {
        const value = await read();
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  }

  labelled(
    about: { readonly name: string; readonly help: string },
    labelNames: readonly string[],
    read: () => Promise<readonly Sample[]> | readonly Sample[],
  ): void {
    new Gauge({
      ...{ ...about, labelNames: [...labelNames], registers: this.#registers },
      async collect() {
        const samples = await read();
        this.reset();
        for (const [labels, value] of samples) this.set(labels, value);
      },
    });
  }
}
