import { randomBytes } from 'node:crypto';
import { hostOf } from '../../domain/polling/hosts.ts';
import type { SubscriberKey } from '../../domain/websub/websub-subscriber.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { HostLimiter } from './host-limiter.ts';
import { isSuccess, type WebSubHttpClient } from './http-client-port.ts';
import type { HubRequest } from './hub-request.ts';
import type { HubStore } from './hub-store.ts';

/** A question to a subscriber, or a message that wants no answer. */
export type VerificationRequest = Exclude<HubRequest, { readonly kind: 'refused' | 'publish' }>;

const limits = { perHost: 2, total: 20, perHostMinute: 30 };
const mostForHost = 50;
/** Of those: others must get their turn at a host that one client names all the time. */
const mostForClientAtHost = 10;
/** Well below what a topic has room for: one client with many host names must leave places for others. */
const mostForClient = 100;
const mostForTopic = 1000;
const mostInAll = 5000;
/** Subscriptions at one host: each change is a delivery to each. */
const mostSubscriptions = 2000;
/** Who has not been asked by then will ask again. */
const patienceMs = 10 * 60_000;

/** What verification works with. */
export interface VerifierParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  readonly ports: Pick<
    HubStore,
    'document' | 'putSubscriber' | 'isSubscribed' | 'countSubscribers' | 'removeSubscriber'
  >;
  /** Called when a delivery was queued for a new subscriber. */
  onDeliveryQueued(): void;
}

interface Waiting {
  readonly errand: VerificationRequest;
  readonly host: string;
  /** Who asked; null: not counted. */
  readonly client: string | null;
  readonly sinceMs: number;
}

/**
 * Asks callbacks whether they mean it, after the request was answered and at a bounded rate, so that nobody can use us
 * to flood a host. Only one errand waits for each topic and callback, the newest. What waits is in memory alone: a
 * subscriber whose request was lost has not been told anything yet and asks again.
 */
export class Verifier {
  readonly #parts: VerifierParts;
  readonly #gate: HostLimiter;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Set<Promise<void>>();

  constructor(parts: VerifierParts) {
    this.#parts = parts;
    this.#gate = new HostLimiter(parts.clock, limits);
  }

  /** Takes an errand on. False: too much is waiting already. */
  enqueue(errand: VerificationRequest, client: string | null): boolean {
    const key = `${errand.topic}\n${errand.callback}`;
    const host = hostOf(errand.callback);
    const waiting: Waiting = { errand, host, client, sinceMs: this.#parts.clock.monotonic() };
    if (!this.#waiting.has(key) && !this.#hasRoom(waiting)) return false;
    this.#waiting.delete(key);
    this.#waiting.set(key, waiting);
    return true;
  }

  /** Sets off whatever may be asked now. @returns in how long to look again; null: nothing waits. */
  run(): number | null {
    const nowMs = this.#parts.clock.monotonic();
    for (const [key, { errand, host, sinceMs }] of this.#waiting) {
      if (sinceMs < nowMs - patienceMs) {
        this.#waiting.delete(key);
        continue;
      }
      if (!this.#gate.tryAcquire(host)) continue;
      this.#waiting.delete(key);
      this.#start(errand, host);
    }
    return this.#waiting.size === 0 ? null : (this.#gate.nextUnblockInMs() ?? 1000);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Forgets what waits and lets what is under way end. */
  async stop(): Promise<void> {
    this.#waiting.clear();
    await this.idle();
  }

  #hasRoom({ errand: { topic }, host, client }: Waiting): boolean {
    let forHost = 0;
    let forClient = 0;
    let forTopic = 0;
    let forClientAtHost = 0;
    for (const waiting of this.#waiting.values()) {
      if (waiting.host === host) forHost += 1;
      if (client !== null && waiting.client === client) {
        forClient += 1;
        if (waiting.host === host) forClientAtHost += 1;
      }
      if (waiting.errand.topic === topic) forTopic += 1;
    }
    const hasPlaces = forHost < mostForHost && forTopic < mostForTopic;
    const clientMay = forClient < mostForClient && forClientAtHost < mostForClientAtHost;
    return hasPlaces && clientMay && this.#waiting.size < mostInAll;
  }

  #start(errand: VerificationRequest, host: string): void {
    const work = this.#perform(errand)
      .then((went) => this.#gate.release(host, went))
      .catch((error: unknown) => {
        this.#gate.release(host, null);
        this.#parts.log.error({ err: error, host }, 'a callback could not be verified');
      })
      .finally(() => {
        this.#running.delete(work);
        this.run();
      });
    this.#running.add(work);
  }

  /**
   * Whether the callback's host is well; null: it was not asked. A callback that means no says nothing against its host:
   * anybody can name one there that does not exist.
   */
  async #perform(errand: VerificationRequest): Promise<boolean | null> {
    switch (errand.kind) {
      case 'denied':
        return await sendDenial(this.#parts.client, errand, errand.reason);
      case 'unsubscribe':
        return await this.#unsubscribe(errand);
      default:
        return await this.#subscribe(errand);
    }
  }

  async #unsubscribe(errand: SubscriberKey): Promise<boolean | null> {
    const { ports, client, clock } = this.#parts;
    // Nobody there: a question would only tell a stranger's server about us.
    if (!(await ports.isSubscribed(errand, clock.now()))) return null;
    const { isMeant, isWell } = await ask(client, errand, { 'hub.mode': 'unsubscribe' });
    if (isMeant) await ports.removeSubscriber(errand);
    return isWell;
  }

  /** Why a subscription is not to be had, as far as that takes a look at what there is; null: it is. */
  async #objection({ topic, callback }: SubscriberKey): Promise<string | null> {
    const { ports, clock } = this.#parts;
    const document = await ports.document(topic);
    if (document === null) return 'there is no such feed';
    if (document.self !== topic) return `the feed calls itself otherwise; subscribe to ${document.self}`;
    if ((await ports.countSubscribers(hostOf(callback))) < mostSubscriptions) return null;
    const isRenewal = await ports.isSubscribed({ topic, callback }, clock.now());
    return isRenewal ? null : 'there are too many subscriptions at this host';
  }

  async #subscribe(errand: Extract<VerificationRequest, { kind: 'subscribe' }>): Promise<boolean> {
    const { ports, client, clock, log, onDeliveryQueued } = this.#parts;
    const { topic, callback, leaseMs, secret } = errand;
    const objection = await this.#objection(errand);
    if (objection !== null) return await sendDenial(client, errand, objection);
    // A slow answer does not lengthen the lease.
    const verifiedMs = clock.now();
    const lease = { 'hub.lease_seconds': String(leaseMs / 1000) };
    const { isMeant, isWell } = await ask(client, errand, { 'hub.mode': 'subscribe', ...lease });
    if (!isMeant) return isWell;
    const host = hostOf(callback);
    const leaseUntilMs = verifiedMs + leaseMs;
    const isNew = await ports.putSubscriber({ topic, callback, host, secret, verifiedMs, leaseUntilMs });
    log.info({ topic, host, isNew, signed: secret !== null }, 'subscribed to an output feed');
    if (isNew) onDeliveryQueued();
    return true;
  }
}

/** What a callback said, and whether its host answers as it should. */
interface Asked {
  readonly isMeant: boolean;
  readonly isWell: boolean;
}

/** Asks a callback whether it means it (section 5.3): yes is 2xx with the challenge, byte for byte, and nothing else is. */
async function ask(client: WebSubHttpClient, key: SubscriberKey, params: Record<string, string>): Promise<Asked> {
  const { 'hub.mode': mode = '', ...rest } = params;
  const challenge = randomBytes(24).toString('hex');
  const query = { 'hub.mode': mode, 'hub.topic': key.topic, 'hub.challenge': challenge, ...rest };
  const answer = await client.request({ method: 'GET', url: appendQuery(key.callback, query), readBody: true });
  if (answer.kind !== 'answered') return { isMeant: false, isWell: false };
  const isMeant = isSuccess(answer) && Buffer.from(challenge).equals(answer.body);
  return { isMeant, isWell: answer.status < 500 };
}

/**
 * Tells a callback that its subscription is not, or no longer, to be had (section 5.2).
 *
 * @returns whether its host is well. Whether it took notice changes nothing.
 */
export async function sendDenial(client: WebSubHttpClient, key: SubscriberKey, reason: string): Promise<boolean> {
  const query = { 'hub.mode': 'denied', 'hub.topic': key.topic, 'hub.reason': reason };
  const answer = await client.request({ method: 'GET', url: appendQuery(key.callback, query) });
  return answer.kind === 'answered' && answer.status < 500;
}

/** The callback with parameters behind its own query, which stays as it is, whatever stands in it. */
export function appendQuery(callback: string, params: Readonly<Record<string, string>>): string {
  const joint = !callback.includes('?') ? '?' : /[?&]$/.test(callback) ? '' : '&';
  return `${callback}${joint}${new URLSearchParams(params)}`;
}
