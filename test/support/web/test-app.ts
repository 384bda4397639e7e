import type { LogEvent } from '../../../src/domain/events/event.ts';
import { facetsOf, searchText, toWireBody } from '../../../src/domain/events/wire-item.ts';
import type { Item } from '../../../src/domain/items/item.ts';
import type { Site } from '../../../src/domain/polling/source.ts';
import { matchesSearch, parseSearchQuery, toSearchableText } from '../../../src/domain/search/search-query.ts';
import { slug } from '../../../src/domain/slug.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type App, createApp } from '../../../src/web/app.ts';
import type { AppContext } from '../../../src/web/shared/app-context.ts';
import type { ItemsQuery, ReadPort, SourceHealth, WebhookHealth } from '../../../src/web/shared/read-port.ts';

export const noon = Date.UTC(2026, 0, 15, 12, 0);
const minuteMs = 60_000;

/** A source without failures. */
export function makeSource(over: Partial<SourceHealth> = {}): SourceHealth {
  return {
    id: 'example',
    title: 'Example',
    section: 'World',
    url: 'https://example.org/rss.xml',
    siteUrl: 'https://example.org/',
    outcome: 'fresh',
    failure: null,
    failures: 0,
    failingSinceMs: null,
    checkedMs: noon,
    succeededMs: noon,
    nextCheckMs: noon + 15 * minuteMs,
    nextCheckReason: { code: 'adaptive_interval', intervalMs: 15 * 60_000 },
    removed: false,
    items: 3,
    publishedToStoredMs: null,
    storedToPushedMs: null,
    ...over,
  };
}

/** A read port over data in memory, which a test may change. */
export class FakeReadPort implements ReadPort {
  list: readonly Item[];
  known: readonly SourceHealth[] = [makeSource()];
  hooks: readonly WebhookHealth[] = [];
  log: readonly LogEvent[] = [];
  floor = 1;
  epoch = 'k3f9';
  changedMs: number | null = noon;
  /** If set, every read throws it. */
  fault: Error | null = null;
  readonly queries: ItemsQuery[] = [];

  constructor(items: readonly Item[]) {
    this.list = items;
  }

  async items(query: ItemsQuery) {
    this.#fail();
    this.queries.push(query);
    const { filter, limit, before } = query;
    const all = this.list
      .filter((item) => item.withdrawnMs === null)
      .filter(
        (item) => filter.sections.length === 0 || item.sections.some((name) => filter.sections.includes(slug(name))),
      )
      .filter((item) => filter.sources.length === 0 || filter.sources.includes(item.source.id))
      .filter((item) => filter.backfill || !item.backfill)
      .filter((item) => matchesSearch(parseSearchQuery(filter.q ?? ''), toSearchableText(searchText(item))))
      .toSorted((a, b) => b.sortMs - a.sortMs || b.id - a.id);
    const start = before === null ? 0 : all.findIndex((item) => cursorOf(item) === before) + 1;
    const items = all.slice(start, start + limit);
    const last = items.at(-1);
    const next = last !== undefined && start + limit < all.length ? cursorOf(last) : null;
    const withdrawn = query.withdrawals === true ? this.#withdrawn() : [];
    return { items, next, head: this.#head(), changedMs: this.changedMs, withdrawn };
  }

  async item(id: number) {
    this.#fail();
    return this.list.find((item) => item.id === id) ?? null;
  }

  async sections() {
    this.#fail();
    const names = new Set(this.list.flatMap((item) => item.sections));
    return [...names].map((name) => ({ name, items: this.list.filter((item) => item.sections.includes(name)).length }));
  }

  async sources() {
    this.#fail();
    return this.known;
  }

  async webhooks() {
    this.#fail();
    return this.hooks;
  }

  async activity() {
    this.#fail();
    const hour = Math.floor(noon / 3_600_000);
    return Array.from({ length: 24 }, (_, index) => ({
      hourMs: (hour - 23 + index) * 3_600_000,
      added: index * 3,
      updated: index % 4,
      outcomes: { fresh: index, 'not-modified': 40 - index, throttled: index % 3, gone: 0, failed: index % 5 },
      freshnessMs: index === 7 ? null : 60_000 * (1 + (index % 6)),
    }));
  }

  async events(afterSeq: number, limit: number) {
    this.#fail();
    return { head: this.#head(), events: this.log.filter(({ seq }) => seq > afterSeq).slice(0, limit) };
  }

  #withdrawn() {
    return this.list
      .flatMap((item) => (item.withdrawnMs === null ? [] : [{ key: item.key, atMs: item.withdrawnMs, item }]))
      .toSorted((a, b) => b.atMs - a.atMs);
  }

  #head() {
    const head = this.log.at(-1)?.seq ?? this.floor - 1;
    return { epoch: this.epoch, head, floor: this.floor };
  }

  #fail(): void {
    if (this.fault !== null) throw this.fault;
  }
}

/** An `add` event of an item. */
export function makeEvent(seq: number, item: Item, over: Partial<LogEvent> = {}): LogEvent {
  return {
    seq,
    op: 'add',
    itemId: item.id,
    backfill: item.backfill,
    changed: [],
    facets: facetsOf(item),
    previousFacets: null,
    body: JSON.stringify(toWireBody(item)),
    atMs: noon,
    ...over,
  };
}

export const site: Site = {
  title: 'The Daily Example',
  timezone: 'UTC',
  dateline: 'dd.MM.yy HH:mm',
  comments: 'off',
  commentsNotice: 'Be kind.',
  politeness: { hostGapMs: 1000, hostConcurrency: 1, globalPerSecond: 10 },
  retention: { maxAgeMs: 90 * 86_400_000, itemsPerSource: 10_000 },
};

export interface TestApp {
  readonly app: App;
  readonly reads: FakeReadPort;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

/** An app context over a store in memory. */
export function makeContext(reads: FakeReadPort): AppContext {
  return {
    reads,
    publicUrl: 'https://news.example.com',
    site: () => site,
    sections: () => ['World', 'Science & Nature'],
    ready: async () => ({ database: true }),
    eventStream: null,
    metrics: null,
    version: '1.2.3',
    readers: null,
    clientAddress: (request) => request.socket.remoteAddress ?? '',
    clock: { now: () => noon, monotonic: () => 0 },
    log: silentLog,
    assetsDir: new URL('assets-fixture', import.meta.url).pathname,
  };
}

/** The app over a store in memory. */
export function makeApp(items: readonly Item[] = [], over: Partial<AppContext> = {}): TestApp {
  const reads = new FakeReadPort(items);
  const app = createApp({ ...makeContext(reads), ...over });
  return { app, reads, get: async (path, headers = {}) => app.request(path, { headers }) };
}

function cursorOf(item: Item): string {
  return `${item.sortMs}-${item.id}`;
}
