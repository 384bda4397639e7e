import { secondMs } from '../../domain/durations.ts';
import type { ClaimedDelivery, DeliveryResult } from '../../domain/websub/websub-subscriber.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { maxDeliveryAgeMs, minDeliveryIntervalMs, retryDelayMs } from './delivery-retry.ts';
import { HostLimiter } from './host-limiter.ts';
import { isSuccess, type WebSubHttpClient } from './http-client-port.ts';
import type { HubStore, TopicDocument } from './hub-store.ts';
import { sendDenial } from './verifier.ts';
import { sign } from './websub-signature.ts';

const limits = { perHost: 2, total: 20 };
/** Longer than an attempt can take. After a crash, other processes may repeat its deliveries once this has passed. */
const leaseMs = 20 * secondMs;
const readLimit = 100;

/** The outcome of an attempt, for metrics. */
export type DeliveryOutcome = 'delivered' | 'unchanged' | 'retried' | 'dropped' | 'gone' | 'revoked';

export interface ContentDistributorParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  readonly store: HubStore;
  readonly random: () => number;
  onDelivery(outcome: DeliveryOutcome): void;
  /** Called after each attempt: more deliveries may be possible now. */
  wake(): void;
}

/**
 * Delivers queued changes: each attempt sends the current document of the topic, whatever the change was. A delivery
 * stays in the database until the subscriber has confirmed it, so that it is made at least once, also after a crash.
 */
export class ContentDistributor {
  readonly #parts: ContentDistributorParts;
  readonly #hosts: HostLimiter;
  #stopped = false;

  constructor(parts: ContentDistributorParts) {
    this.#parts = parts;
    this.#hosts = new HostLimiter(parts.clock, limits);
  }

  /** Starts the deliveries that are due. @returns milliseconds until the next run is needed; null: nothing is queued. */
  async run(): Promise<number | null> {
    if (this.#stopped) return null;
    const { store, clock } = this.#parts;
    await store.removeExpired(clock.now());
    if (this.#hosts.available > 0) await this.#startDue();
    const nextMs = await store.nextDeliveryMs(this.#hosts.blockedHosts());
    const unblockInMs = this.#hosts.nextUnblockInMs();
    // A due delivery that was not started waits for a permit; the attempt that releases one calls `wake`.
    const dueInMs = nextMs === null ? null : Math.max(nextMs - clock.now(), secondMs);
    return dueInMs === null || unblockInMs === null ? (dueInMs ?? unblockInMs) : Math.min(dueInMs, unblockInMs);
  }

  /** Resolves when no attempt is running. */
  idle(): Promise<void> {
    return this.#hosts.idle();
  }

  /** Starts no further attempt and waits for those that run. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.idle();
  }

  async #startDue(): Promise<void> {
    const { store, clock } = this.#parts;
    const due = await store.dueDeliveries(clock.now(), {
      limit: readLimit,
      exceptHosts: this.#hosts.blockedHosts(),
    });
    const permitted = due.filter(({ host }) => this.#hosts.tryAcquire(host));
    const claimed = await this.#claim(permitted);
    const ids = new Set(claimed.map(({ id }) => id));
    for (const { id, host } of permitted) if (!ids.has(id)) this.#hosts.release(host, null);
    for (const delivery of claimed) this.#start(delivery);
  }

  async #claim(due: readonly { readonly id: number; readonly host: string }[]): Promise<readonly ClaimedDelivery[]> {
    const { store, clock } = this.#parts;
    try {
      return await store.claim({ ids: due.map(({ id }) => id), nowMs: clock.now(), leaseMs });
    } catch (error) {
      // Otherwise these hosts would count as busy until the next start.
      for (const { host } of due) this.#hosts.release(host, null);
      throw error;
    }
  }

  #start(delivery: ClaimedDelivery): void {
    const { log, wake } = this.#parts;
    const { host } = delivery;
    this.#hosts.start(host, () => this.#attempt(delivery), {
      error: (error) => log.error({ err: error, host }, 'a WebSub delivery failed internally; retry after its lease'),
      end: wake,
    });
  }

  /** @returns whether the callback accepted the content; null: no request was sent. */
  async #attempt(delivery: ClaimedDelivery): Promise<boolean | null> {
    const { store, client, onDelivery } = this.#parts;
    const document = await store.document(delivery.topic);
    if (document === null) {
      await sendDenial(client, delivery, 'the feed no longer exists');
      onDelivery('revoked');
      await this.#record(delivery, { kind: 'ended' });
      return null;
    }
    if (document.tag === delivery.deliveredTag) {
      onDelivery('unchanged');
      await this.#record(delivery, { kind: 'current', tag: document.tag, minIntervalMs: minDeliveryIntervalMs });
      return null;
    }
    return await this.#post(delivery, document);
  }

  async #post(delivery: ClaimedDelivery, document: TopicDocument): Promise<boolean> {
    const { clock, client, random, onDelivery, log } = this.#parts;
    const { topic, callback, host, secret, attempts, expiresMs } = delivery;
    const signature = secret === null ? {} : { 'x-hub-signature': sign(secret, document.body) };
    const response = await client.request({
      method: 'POST',
      url: callback,
      headers: { 'content-type': document.contentType, link: document.link, ...signature },
      body: document.body,
    });
    if (isSuccess(response)) {
      await this.#record(delivery, { kind: 'current', tag: document.tag, minIntervalMs: minDeliveryIntervalMs });
      onDelivery('delivered');
      return true;
    }
    const status = response.kind === 'answered' ? response.status : null;
    if (status === 410) {
      log.info({ topic, host }, 'a subscriber answered 410; its subscription has ended');
      await this.#record(delivery, { kind: 'ended' });
      onDelivery('gone');
      return true;
    }
    const isBusy = response.kind === 'answered' && (status === 429 || status === 503);
    const retryMs = retryDelayMs({
      previousFailures: attempts,
      retryAfterMs: isBusy ? response.retryAfterMs : null,
      random: random(),
      remainingMs: Math.min(expiresMs - clock.now(), maxDeliveryAgeMs),
    });
    await this.#record(delivery, { kind: 'failed', retryMs });
    onDelivery(retryMs === null ? 'dropped' : 'retried');
    log.debug({ topic, host, status, retryMs }, 'a WebSub delivery was not accepted');
    return false;
  }

  #record(delivery: ClaimedDelivery, result: DeliveryResult): Promise<void> {
    return this.#parts.store.recordResult(delivery, result, this.#parts.clock.now());
  }
}
