import { Hono } from 'hono';
import type { LogEvent } from '../../src/domain/events/event.ts';
import type { DeliveryOutcome } from '../../src/push/websub/content-distribution.ts';
import type { TopicDocument } from '../../src/push/websub/hub-ports.ts';
import { createHub, type Hub } from '../../src/push/websub/websub-hub.ts';
import type { Log } from '../../src/runtime/log.ts';
import { hubPorts } from '../../src/server/websub/start-hub.ts';
import {
  callbackPorts,
  createWebsubClient,
  type WebsubClientOptions,
} from '../../src/server/websub/websub-http-client.ts';
import type { Store } from '../../src/store/open.ts';
import { websubRoutes } from '../../src/web/websub/websub-routes.ts';
import { engines, withStore } from '../contract/engines.ts';
import { makeEvent, makeItem, noon } from '../web/fakes.ts';
import { type LoggedRequest, type Origin, type Reply, startOrigin } from './origin.ts';

export const base = 'https://news.example.com';
export const topic = `${base}/feed.atom`;
export const hubUrl = `${base}/websub/hub`;

/** A subscriber of ours as a real server, which does as it is told. */
export class Subscriber {
  readonly origin: Origin;
  /** What it answers to a verification; the challenge unless told otherwise. */
  verify: (request: LoggedRequest) => Reply | undefined | Promise<Reply | undefined> = echo;
  /** What it answers to a delivery. */
  take: (request: LoggedRequest) => Reply | undefined | Promise<Reply | undefined> = () => ({ status: 204 });

  constructor(origin: Origin, paths: readonly string[]) {
    this.origin = origin;
    for (const path of paths) {
      origin.on(path, (request) => (request.method === 'GET' ? this.verify(request) : this.take(request)));
    }
  }

  get callback(): string {
    return `${this.origin.url}/cb`;
  }

  /** The questions it was asked. */
  get asked(): readonly URLSearchParams[] {
    return this.origin.requests
      .filter(({ method }) => method === 'GET')
      .map(({ path }) => new URLSearchParams(path.split('?').slice(1).join('?')));
  }

  /** What was delivered to it. */
  get delivered(): readonly LoggedRequest[] {
    return this.origin.requests.filter(({ method }) => method === 'POST');
  }
}

/** Says yes: the challenge, byte for byte. */
export function echo({ path }: LoggedRequest): Reply {
  return { body: new URLSearchParams(path.split('?').slice(1).join('?')).get('hub.challenge') ?? '' };
}

export interface DeskOptions extends Partial<WebsubClientOptions> {
  /** The hub that serves our topics instead. */
  readonly elsewhere?: string | null;
}

/** A test at a desk of its own. */
export function atHubDesk(work: (desk: HubDesk) => Promise<void>, options: DeskOptions = {}): () => Promise<void> {
  const [engine] = engines;
  if (engine === undefined) throw new Error('there is no engine');
  return () =>
    withStore(engine, async (store) => {
      const desk = new HubDesk(store, options);
      try {
        await work(desk);
      } finally {
        await desk.close();
      }
    });
}

/** A hub over a real database and real sockets, with a clock, a log and documents of the test's own. */
export class HubDesk {
  readonly store: Store;
  readonly hub: Hub;
  readonly outcomes: DeliveryOutcome[] = [];
  readonly logged: string[] = [];
  /** By topic. */
  readonly documents = new Map<string, Partial<TopicDocument> & { readonly text: string }>();
  epoch = 'k3f9';
  nowMs = noon;
  random = 0.5;
  /** Where requests to the hub come from. */
  client = '127.0.0.1';
  readonly #events: LogEvent[] = [];
  readonly #app = new Hono();
  readonly #client: ReturnType<typeof createWebsubClient>;
  readonly #origins: Origin[] = [];

  constructor(store: Store, { elsewhere = null, ...options }: DeskOptions = {}) {
    this.store = store;
    const clock = { now: () => this.nowMs, monotonic: () => this.nowMs - noon };
    this.#client = createWebsubClient({
      ...{ clock, contactUrl: null, allowPrivateNetworks: ['127.0.0.0/8'], ownOrigins: [base], ports: callbackPorts },
      ...options,
    });
    this.documents.set(topic, { text: '<feed>one</feed>' });
    this.hub = createHub({
      clock,
      log: this.#log(),
      client: this.#client,
      ports: hubPorts(store, async (name) => this.#document(name)),
      changes: {
        head: () => ({ epoch: this.epoch, head: this.#events.length, floor: 1 }),
        after: async (seq) => this.#events.slice(seq),
      },
      publicUrl: () => base,
      random: () => this.random,
      onDelivery: (outcome) => void this.outcomes.push(outcome),
      elsewhere: elsewhere === null ? null : { hub: elsewhere, client: this.#client },
      wake: () => {},
    });
    const none = { status: 404, text: '' } as const;
    const callbacks = { verify: async () => none, receive: async () => none };
    websubRoutes(this.#app, { hub: this.hub, callbacks }, { clientAddress: () => this.client });
  }

  async subscriber(...paths: string[]): Promise<Subscriber> {
    const origin = await startOrigin();
    this.#origins.push(origin);
    return new Subscriber(origin, ['/cb', ...paths]);
  }

  /** A request to the hub, through its route. */
  async post(form: Record<string, string> | string, headers: Record<string, string> = {}): Promise<Response> {
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    };
    return await this.#app.request('/websub/hub', request, { incoming: {} });
  }

  /** Asks for a subscription and lets it be verified. */
  async subscribe(callback: string, more: Record<string, string> = {}): Promise<Response> {
    const answer = await this.post({ 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': callback, ...more });
    await this.turn();
    return answer;
  }

  /** A subscriber that is subscribed and has the present document. */
  async subscribed(more: Record<string, string> = {}): Promise<Subscriber> {
    const subscriber = await this.subscriber();
    await this.subscribe(subscriber.callback, more);
    return subscriber;
  }

  /** Changes the document of the topic, as an item of the section World does. */
  change(text: string): void {
    this.documents.set(topic, { text });
    this.happen();
  }

  /** Something is written to the log. */
  happen(): void {
    this.#events.push(makeEvent(this.#events.length + 1, makeItem(this.#events.length + 1)));
  }

  /** Lets the hub do all that is due. */
  async turn(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await this.hub.run();
      await this.hub.idle();
    }
  }

  /** Lets time pass, then lets the hub do all that is due. */
  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.turn();
  }

  /** A change that is delivered, or tried to be. */
  async publish(text: string): Promise<void> {
    this.change(text);
    await this.turn();
    await this.advance(6000);
  }

  async close(): Promise<void> {
    await this.hub.stop();
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
