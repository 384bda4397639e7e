import { randomBytes } from 'node:crypto';
import { minuteMs, secondMs } from '../../domain/durations.ts';
import { hostOf } from '../../domain/polling/hosts.ts';
import type { SubscriberKey } from '../../domain/websub/websub-subscriber.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { HostLimiter } from './host-limiter.ts';
import { isSuccess, type WebSubHttpClient } from './http-client-port.ts';
import type { HubRequest } from './hub-request.ts';
import type { HubStore } from './hub-store.ts';

/** A request for which a callback is called: to verify it, or to report a denial. */
export type VerificationRequest = Exclude<HubRequest, { readonly kind: 'invalid' | 'publish' }>;

const limits = { perHost: 2, total: 20, perHostPerMinute: 30 };
const maxQueuedPerHost = 50;
/** Of those: one client must not use up a host's share. */
const maxQueuedPerClientAndHost = 10;
/** Well below the share of a topic: one client with many host names must leave room for others. */
const maxQueuedPerClient = 100;
const maxQueuedPerTopic = 1000;
const maxQueued = 5000;
/** Subscriptions at one host: each change causes a delivery to each of them. */
const maxSubscriptionsPerHost = 2000;
/** A subscriber that was not verified by then subscribes again. */
const maxQueuedMs = 10 * minuteMs;

export interface VerifierParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  readonly store: Pick<
    HubStore,
    'document' | 'putSubscriber' | 'isSubscribed' | 'countSubscribers' | 'removeSubscriber'
  >;
  /** Called when a delivery was queued for a new subscriber. */
  onDeliveryQueued(): void;
}

interface Queued {
  readonly request: VerificationRequest;
  readonly host: string;
  /** The client that sent the request; null: not limited. */
  readonly client: string | null;
  readonly sinceMs: number;
}

/**
 * Verifies intent (WebSub §5.3): calls callbacks after the request was answered and at a bounded rate, so that the hub
 * cannot be used to flood a host. Only the newest request of each pair of topic and callback is queued. The queue is in
 * memory only: a subscriber whose request is lost has no confirmation yet and subscribes again.
 */
export class Verifier {
  readonly #parts: VerifierParts;
  readonly #hosts: HostLimiter;
  readonly #queue = new Map<string, Queued>();

  constructor(parts: VerifierParts) {
    this.#parts = parts;
    this.#hosts = new HostLimiter(parts.clock, limits);
  }

  /** Queues a request. @returns false: too many are queued. */
  enqueue(request: VerificationRequest, client: string | null): boolean {
    const key = `${request.topic}\n${request.callback}`;
    const host = hostOf(request.callback);
    const queued: Queued = { request, host, client, sinceMs: this.#parts.clock.monotonic() };
    if (!this.#queue.has(key) && !this.#hasRoom(queued)) return false;
    this.#queue.delete(key);
    this.#queue.set(key, queued);
    return true;
  }

  /** Starts the verifications that are permitted now. @returns milliseconds until the next run; null: none is queued. */
  run(): number | null {
    const nowMs = this.#parts.clock.monotonic();
    for (const [key, { request, host, sinceMs }] of this.#queue) {
      if (sinceMs < nowMs - maxQueuedMs) {
        this.#queue.delete(key);
        continue;
      }
      if (!this.#hosts.tryAcquire(host)) continue;
      this.#queue.delete(key);
      this.#start(request, host);
    }
    return this.#queue.size === 0 ? null : (this.#hosts.nextUnblockInMs() ?? secondMs);
  }

  /** Resolves when no verification is running. */
  idle(): Promise<void> {
    return this.#hosts.idle();
  }

  /** Discards the queue and waits for the verifications that run. */
  async stop(): Promise<void> {
    this.#queue.clear();
    await this.idle();
  }

  #hasRoom({ request: { topic }, host, client }: Queued): boolean {
    let forHost = 0;
    let forClient = 0;
    let forTopic = 0;
    let forClientAndHost = 0;
    for (const queued of this.#queue.values()) {
      if (queued.host === host) forHost += 1;
      if (client !== null && queued.client === client) {
        forClient += 1;
        if (queued.host === host) forClientAndHost += 1;
      }
      if (queued.request.topic === topic) forTopic += 1;
    }
    const isWithinShares = forHost < maxQueuedPerHost && forTopic < maxQueuedPerTopic;
    const isClientWithinShares = forClient < maxQueuedPerClient && forClientAndHost < maxQueuedPerClientAndHost;
    return isWithinShares && isClientWithinShares && this.#queue.size < maxQueued;
  }

  #start(request: VerificationRequest, host: string): void {
    const { log } = this.#parts;
    this.#hosts.start(host, () => this.#perform(request), {
      error: (error) => log.error({ err: error, host }, 'the verification of a subscriber failed internally'),
      end: () => this.run(),
    });
  }

  /**
   * @returns whether the callback's host works; null: no request was sent. A callback that rejects is no failure of its
   *   host: anybody can name a callback there that does not exist.
   */
  async #perform(request: VerificationRequest): Promise<boolean | null> {
    switch (request.kind) {
      case 'denied':
        return await sendDenial(this.#parts.client, request, request.reason);
      case 'unsubscribe':
        return await this.#unsubscribe(request);
      default:
        return await this.#subscribe(request);
    }
  }

  async #unsubscribe(key: SubscriberKey): Promise<boolean | null> {
    const { store, client, clock } = this.#parts;
    // Without a subscription, a request would reach a server that has nothing to do with us.
    if (!(await store.isSubscribed(key, clock.now()))) return null;
    const { isConfirmed, isHostWorking } = await verify(client, key, { 'hub.mode': 'unsubscribe' });
    if (isConfirmed) await store.removeSubscriber(key);
    return isHostWorking;
  }

  /** Why the hub does not serve a subscription, as far as its form does not tell; null: it does. */
  async #denialReason({ topic, callback }: SubscriberKey): Promise<string | null> {
    const { store, clock } = this.#parts;
    const document = await store.document(topic);
    if (document === null) return 'there is no such feed';
    if (document.self !== topic) return `the self URL of this feed is another one; subscribe to ${document.self}`;
    if ((await store.countSubscribers(hostOf(callback))) < maxSubscriptionsPerHost) return null;
    const isRenewal = await store.isSubscribed({ topic, callback }, clock.now());
    return isRenewal ? null : 'there are too many subscriptions at this host';
  }

  async #subscribe(request: Extract<VerificationRequest, { kind: 'subscribe' }>): Promise<boolean> {
    const { store, client, clock, log, onDeliveryQueued } = this.#parts;
    const { topic, callback, leaseMs, secret } = request;
    const reason = await this.#denialReason(request);
    if (reason !== null) return await sendDenial(client, request, reason);
    // Taken before the request: a slow response must not extend the lease.
    const verifiedMs = clock.now();
    const lease = { 'hub.lease_seconds': String(leaseMs / 1000) };
    const { isConfirmed, isHostWorking } = await verify(client, request, { 'hub.mode': 'subscribe', ...lease });
    if (!isConfirmed) return isHostWorking;
    const host = hostOf(callback);
    const leaseUntilMs = verifiedMs + leaseMs;
    const isNew = await store.putSubscriber({ topic, callback, host, secret, verifiedMs, leaseUntilMs });
    log.info({ topic, host, isNew, signed: secret !== null }, 'a subscriber of an output feed was verified');
    if (isNew) onDeliveryQueued();
    return true;
  }
}

interface Verification {
  readonly isConfirmed: boolean;
  readonly isHostWorking: boolean;
}

/** Sends a verification request (WebSub §5.3). Only a 2xx whose body is exactly the challenge confirms. */
async function verify(
  client: WebSubHttpClient,
  key: SubscriberKey,
  params: Record<string, string>,
): Promise<Verification> {
  const { 'hub.mode': mode = '', ...rest } = params;
  const challenge = randomBytes(24).toString('hex');
  const query = { 'hub.mode': mode, 'hub.topic': key.topic, 'hub.challenge': challenge, ...rest };
  const response = await client.request({ method: 'GET', url: appendQuery(key.callback, query), readBody: true });
  if (response.kind !== 'answered') return { isConfirmed: false, isHostWorking: false };
  const isConfirmed = isSuccess(response) && Buffer.from(challenge).equals(response.body);
  return { isConfirmed, isHostWorking: response.status < 500 };
}

/**
 * Reports to a callback that its subscription is denied or has been revoked (WebSub §5.2).
 *
 * @returns whether its host works. The response has no effect.
 */
export async function sendDenial(client: WebSubHttpClient, key: SubscriberKey, reason: string): Promise<boolean> {
  const query = { 'hub.mode': 'denied', 'hub.topic': key.topic, 'hub.reason': reason };
  const response = await client.request({ method: 'GET', url: appendQuery(key.callback, query) });
  return response.kind === 'answered' && response.status < 500;
}

/** Appends parameters to a callback. Its own query stays unchanged, byte for byte. */
function appendQuery(callback: string, params: Readonly<Record<string, string>>): string {
  const separator = !callback.includes('?') ? '?' : /[?&]$/.test(callback) ? '' : '&';
  return `${callback}${separator}${new URLSearchParams(params)}`;
}
