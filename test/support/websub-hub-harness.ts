import { Hono } from 'hono';
import type { LogEvent } from '../../src/domain/events/event.ts';
import type { DeliveryOutcome } from '../../src/push/websub/content-distributor.ts';
import type { TopicDocument } from '../../src/push/websub/hub-store.ts';
import { createHub, type Hub } from '../../src/push/websub/websub-hub.ts';
import type { Log } from '../../src/runtime/log.ts';
import { createHubStore } from '../../src/server/websub/start-hub.ts';
import {
  callbackTcpPorts,
  createWebSubHttpClient,
  type WebSubHttpClientOptions,
} from '../../src/server/websub/websub-http-client.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { websubRoutes } from '../../src/web/websub/websub-routes.ts';
import { defaultEngine, withStore } from '../contract/test-engines.ts';
import { anItem } from './builders.ts';
import { type LoggedRequest, type Origin, type Reply, startOrigin } from './origin.ts';
import { makeEvent, noon } from './web/test-app.ts';

export const base = 'https://news.example.com';
export const topic = `${base}/feed.atom`;
export const hubUrl = `${base}/websub/hub`;

/** A subscriber as a real HTTP server with scripted responses. */
export class TestSubscriber {
  readonly origin: Origin;
  /** Its response to a verification; the challenge by default. */
  onVerification: (request: LoggedRequest) => Reply | undefined | Promise<Reply | undefined> = echoChallenge;
  /** Its response to a delivery. */
  onDelivery: (request: LoggedRequest) => Reply | undefined | Promise<Reply | undefined> = () => ({ status: 204 });

  constructor(origin: Origin, paths: readonly string[]) {
    this.origin = origin;
    for (const path of paths) {
      origin.on(path, (request) =>
        request.method === 'GET' ? this.onVerification(request) : this.onDelivery(request),
      );
    }
  }

  get callback(): string {
    return `${this.origin.url}/cb`;
  }

  /** Queries of the verification requests it received. */
  get verifications(): readonly URLSearchParams[] {
    return this.origin.requests
      .filter(({ method }) => method === 'GET')
      .map(({ path }) => new URLSearchParams(path.split('?').slice(1).join('?')));
  }

  /** Deliveries it received. */
  get deliveries(): readonly LoggedRequest[] {
    return this.origin.requests.filter(({ method }) => method === 'POST');
  }
}

/** Confirms: returns the challenge byte for byte. */
export function echoChallenge({ path }: LoggedRequest): Reply {
  return { body: new URLSearchParams(path.split('?').slice(1).join('?')).get('hub.challenge') ?? '' };
}

export interface HubHarnessOptions extends Partial<WebSubHttpClientOptions> {
  /** URL of an external hub that serves our topics. */
  readonly externalHub?: string | null;
}

/** A test with a hub of its own. */
export function withHub(
  work: (hub: HubHarness) => Promise<void>,
  options: HubHarnessOptions = {},
): () => Promise<void> {
  return () =>
    withStore(defaultEngine, async (store) => {
      const harness = new HubHarness(store, options);
      try {
        await work(harness);
      } finally {
        await harness.close();
      }
    });
}

/** A hub over a real database and real sockets, with a fake clock and documents set by the test. */
export class HubHarness {
  readonly store: Store;
  readonly endpoint: Hub;
  readonly outcomes: DeliveryOutcome[] = [];
  readonly logged: string[] = [];
  /** By topic. */
  readonly documents = new Map<string, Partial<TopicDocument> & { readonly text: string }>();
  epoch = 'k3f9';
  nowMs = noon;
  random = 0.5;
  /** Client address of requests to the hub. */
  client = '127.0.0.1';
  readonly #events: LogEvent[] = [];
  readonly #app = new Hono();
  readonly #client: ReturnType<typeof createWebSubHttpClient>;
  readonly #origins: Origin[] = [];

  constructor(store: Store, { externalHub = null, ...options }: HubHarnessOptions = {}) {
    this.store = store;
    const clock = { now: () => this.nowMs, monotonic: () => this.nowMs - noon };
    this.#client = createWebSubHttpClient({
      ...{
        clock,
        contactUrl: null,
        allowPrivateNetworks: ['127.0.0.0/8'],
        ownOrigins: [base],
        ports: callbackTcpPorts,
      },
      ...options,
    });
    this.documents.set(topic, { text: '<feed>one</feed>' });
    this.endpoint = createHub({
      clock,
      log: this.#log(),
      client: this.#client,
      store: createHubStore(store, async (name) => this.#document(name)),
      eventLog: {
        head: () => ({ epoch: this.epoch, head: this.#events.length, floor: 1 }),
        readAfter: async (seq) => this.#events.slice(seq),
      },
      publicUrl: base,
      random: () => this.random,
      onDelivery: (outcome) => void this.outcomes.push(outcome),
      externalHub: externalHub === null ? null : { hub: externalHub, client: this.#client },
      wake: () => {},
    });
    const none = { status: 404, text: '' } as const;
    const callbacks = { verify: async () => none, receive: async () => none };
    websubRoutes(this.#app, { hub: this.endpoint, callbacks }, { clientAddress: () => this.client });
  }

  async startSubscriber(...paths: string[]): Promise<TestSubscriber> {
    const origin = await startOrigin();
    this.#origins.push(origin);
    return new TestSubscriber(origin, ['/cb', ...paths]);
  }

  /** Sends a request to the hub through its route. */
  async post(form: Record<string, string> | string, headers: Record<string, string> = {}): Promise<Response> {
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    };
    return await this.#app.request('/websub/hub', request, { incoming: {} });
  }

  /** Requests a subscription and lets the hub verify it. */
  async subscribe(callback: string, more: Record<string, string> = {}): Promise<Response> {
    const answer = await this.post({ 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': callback, ...more });
    await this.runUntilIdle();
    return answer;
  }

  /** A subscriber that is verified and has the current document. */
  async subscribedClient(more: Record<string, string> = {}): Promise<TestSubscriber> {
    const subscriber = await this.startSubscriber();
    await this.subscribe(subscriber.callback, more);
    return subscriber;
  }

  /** Changes the document of the topic and appends an event. */
  changeTopic(text: string): void {
    this.documents.set(topic, { text });
    this.appendEvent();
  }

  /** Appends an event to the log. */
  appendEvent(): void {
    this.#events.push(makeEvent(this.#events.length + 1, anItem(this.#events.length + 1)));
  }

  /** Lets the hub do everything that is due. */
  async runUntilIdle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await this.endpoint.run();
      await this.endpoint.idle();
    }
  }

  /** Advances the clock, then lets the hub do everything that is due. */
  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.runUntilIdle();
  }

  /** Changes the topic and lets the hub attempt the delivery. */
  async publish(text: string): Promise<void> {
    this.changeTopic(text);
    await this.runUntilIdle();
    await this.advance(6000);
  }

  async close(): Promise<void> {
    await this.endpoint.stop();
    await this.#client.close();
    for (const origin of this.#origins) await origin.close();
  }

  #document(name: string): TopicDocument | null {
    const document = this.documents.get(name);
    if (document === undefined) return null;
    const { text, ...more } = document;
    return {
      body: Buffer.from(text),
      contentType: 'application/atom+xml; charset=utf-8',
      link: `<${hubUrl}>; rel="hub", <${name}>; rel="self"`,
      self: name,
      tag: `"${text}"`,
      ...more,
    };
  }

  #log(): Log {
    const note = (facts: object, message: string): void => {
      this.logged.push(
        `${message} ${JSON.stringify(facts, (_key, value) => (value instanceof Error ? value.stack : value))}`,
      );
    };
    return { debug: note, info: note, warn: note, error: note };
  }
}
