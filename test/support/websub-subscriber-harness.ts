import { createHmac } from 'node:crypto';
import { Hono } from 'hono';
import { createCallbackHandler } from '../../src/push/websub/callback-handler.ts';
import type { WebSubHttpClient } from '../../src/push/websub/http-client-port.ts';
import { createSubscriptionManager, type SubscriptionManager } from '../../src/push/websub/subscription-manager.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createPushReader } from '../../src/server/websub/push-reader.ts';
import { callbackUrl, createSubscriptionStore } from '../../src/server/websub/start-subscriber.ts';
import { createCallbackStore } from '../../src/server/websub/websub-endpoints.ts';
import { createWebSubHttpClient } from '../../src/server/websub/websub-http-client.ts';
import type { Store } from '../../src/store/engine/store.ts';
import type { Row } from '../../src/store/engine/tables.ts';
import { readEvents } from '../../src/store/log/event-log.ts';
import { websubRoutes } from '../../src/web/websub/websub-routes.ts';
import { normaliseDocument } from '../../src/worker.ts';
import { defaultEngine, withStore } from '../contract/test-engines.ts';
import { type LoggedRequest, type Origin, type Reply, startOrigin } from './origin.ts';
import { PollingFixture } from './polling-fixture.ts';

export const publicUrl = 'https://news.example.com';
/** URL of the hub fixture; it counts as https. */
export const hubUrl = 'https://hub.example.org/hub';
export const topic = 'https://www.example.org/self.xml';

type VerificationMode = 'before-response' | 'later' | 'never';

interface FeedLinks {
  readonly hub?: string | null;
  readonly self?: string | null;
}

/** A feed with entries of these numbers, newest first, that names a hub and itself. */
export function feed(numbers: readonly number[], { hub = hubUrl, self = topic }: FeedLinks = {}): string {
  const items = numbers.map(
    (n) => `<item><title>Story ${n}</title><link>https://www.example.org/${n}</link><guid>g-${n}</guid></item>`,
  );
  const link = (rel: string, href: string | null): string =>
    href === null ? '' : `<atom:link rel="${rel}" href="${href}"/>`;
  return [
    '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>',
    '<title>Stories</title><link>https://www.example.org/</link>',
    link('hub', hub) + link('self', self),
    ...items,
    '</channel></rss>',
  ].join('');
}

/** A remote hub as a real HTTP server. */
export class HubFixture {
  readonly origin: Origin;
  /** Forms that it received, oldest first. */
  readonly forms: URLSearchParams[] = [];
  verificationMode: VerificationMode = 'before-response';
  lease: string | null = '864000';
  respond: (request: LoggedRequest) => Reply = () => ({ status: 202 });
  /** The response of our callback to its last verification. */
  lastVerification: Response | null = null;
  readonly #harness: SubscriberHarness;

  constructor(origin: Origin, harness: SubscriberHarness) {
    this.origin = origin;
    this.#harness = harness;
    origin.on('/hub', async (request) => {
      const form = new URLSearchParams(request.body);
      this.forms.push(form);
      if (this.verificationMode === 'before-response') await this.verify(form);
      return this.respond(request);
    });
  }

  /** Sends a verification request to our callback. */
  async verify(form: URLSearchParams, over: Record<string, string> = {}): Promise<Response> {
    const lease = this.lease === null ? {} : { 'hub.lease_seconds': this.lease };
    const query = new URLSearchParams({
      'hub.mode': form.get('hub.mode') ?? '',
      'hub.topic': form.get('hub.topic') ?? '',
      'hub.challenge': 'the-challenge',
      ...lease,
      ...over,
    });
    this.lastVerification = await this.#harness.app.request(
      `${new URL(form.get('hub.callback') ?? '').pathname}?${query}`,
    );
    return this.lastVerification;
  }

  get last(): URLSearchParams {
    return this.forms.at(-1) ?? new URLSearchParams();
  }
}

/** Our subscriber over a real database, real polls of a real source, and a real hub. */
export class SubscriberHarness {
  readonly store: Store;
  readonly source: Origin;
  readonly hub: HubFixture;
  readonly polling: PollingFixture;
  readonly app = new Hono();
  readonly logged: string[] = [];
  /** Metrics that were recorded for pushes. */
  readonly metricCalls: string[] = [];
  /** How often a poll was brought forward or a push stored. */
  wakeCount = 0;
  readonly #manager: SubscriptionManager;
  readonly #readPushes: () => Promise<number>;
  readonly #client: ReturnType<typeof createWebSubHttpClient>;

  constructor(store: Store, source: Origin, hub: Origin) {
    this.store = store;
    this.source = source;
    this.hub = new HubFixture(hub, this);
    this.polling = new PollingFixture(store, `${source.url}/feed`);
    const clock = { now: () => this.polling.nowMs, monotonic: () => this.polling.nowMs };
    this.#client = createWebSubHttpClient({ clock, contactUrl: null, allowPrivateNetworks: ['127.0.0.0/8'] });
    const log = {
      ...silentLog,
      info: (facts: object, text: string) => void this.logged.push(`${text} ${JSON.stringify(facts)}`),
    };
    const wake = (): void => {
      this.wakeCount += 1;
    };
    const random = (): number => 0.5;
    this.#manager = createSubscriptionManager({
      ...{ clock, log, random, client: this.#asHttps(hub) },
      store: createSubscriptionStore(store),
      callbackUrl: (id) => callbackUrl(publicUrl, id),
      onSourceDue: wake,
    });
    this.#readPushes = createPushReader({
      ...{ store, clock, log, onSourceDue: wake },
      documentProcessor: { normalise: normaliseDocument },
      sourceOf: (id) => (id === 'a' ? this.polling.source : undefined),
      notify: (head) => void this.polling.notifiedHeads.push(head),
      onFetched: (sourceId) => void this.metricCalls.push(`fetched ${sourceId}`),
      onPushStored: ({ added, updated }) => void this.metricCalls.push(`stored ${added}+${updated}`),
    });
    const callbacks = createCallbackHandler({ clock, log, random, wake, store: createCallbackStore(store) });
    const ourHub = { receive: () => ({ status: 202, text: '' }) as const };
    websubRoutes(this.app, { hub: ourHub, callbacks }, { clientAddress: () => '127.0.0.1' });
  }

  /** Sets the response of the source. */
  serveFeed(body: string, headers: Record<string, string> = {}): void {
    this.source.on('/feed', { headers: { 'content-type': 'application/rss+xml', ...headers }, body });
  }

  /** One poll of the source. */
  async poll(): Promise<void> {
    await this.polling.poll();
  }

  /** Runs the subscription manager once, after a delay. */
  async runManager(afterMs = 0): Promise<void> {
    this.polling.nowMs += afterMs;
    await this.#manager.run();
  }

  /** Reads the pending pushes. */
  async readPushes(): Promise<void> {
    await this.#readPushes();
  }

  /** Polls the source and subscribes to it. */
  async subscribed(numbers: readonly number[] = [1]): Promise<this> {
    this.serveFeed(feed(numbers));
    await this.poll();
    await this.runManager();
    return this;
  }

  async rows(): Promise<readonly Row<'websub_subscription'>[]> {
    return await this.store.reader.selectFrom('websub_subscription').selectAll().orderBy('id').execute();
  }

  async row(): Promise<Row<'websub_subscription'>> {
    const row = (await this.rows()).at(-1);
    if (row === undefined) throw new Error('there is no subscription');
    return row;
  }

  /** Sends a push to our callback, correctly signed unless overridden. */
  async push(body: string | Uint8Array, over: Record<string, string | null> = {}): Promise<Response> {
    const { callback_id, secret } = await this.row();
    const signature = secret === null ? null : `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
    const all = { 'content-type': 'application/rss+xml', 'x-hub-signature': signature, ...over };
    const headers = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
    return await this.app.request(`/websub/callback/${callback_id}`, {
      method: 'POST',
      headers: Object.fromEntries(headers),
      body: new Uint8Array(Buffer.from(body)),
    });
  }

  /** Sends a push and reads it. */
  async pushAndRead(numbers: readonly number[], over: Record<string, string | null> = {}): Promise<Response> {
    const response = await this.push(feed(numbers), over);
    await this.readPushes();
    return response;
  }

  async titles(): Promise<readonly string[]> {
    return (await this.polling.items()).map(({ title }) => title).toSorted();
  }

  async events(): Promise<number> {
    return (await readEvents(this.store.reader, 0, 10_000)).length;
  }

  async close(): Promise<void> {
    await this.polling.close();
    await this.#client.close();
    await this.source.close();
    await this.hub.origin.close();
  }

  /** A client that reaches the hub fixture as `https://hub.example.org`. */
  #asHttps(hub: Origin): WebSubHttpClient {
    return {
      request: (request) =>
        this.#client.request({ ...request, url: request.url.replace('https://hub.example.org', hub.url) }),
    };
  }
}

/** A test with a subscriber of its own. */
export function withSubscriber(work: (harness: SubscriberHarness) => Promise<void>): () => Promise<void> {
  return () =>
    withStore(defaultEngine, async (store) => {
      const harness = new SubscriberHarness(store, await startOrigin(), await startOrigin());
      await harness.polling.declare();
      try {
        await work(harness);
      } finally {
        await harness.close();
      }
    });
}
