import type { ClaimedDelivery } from '../../domain/websub/websub-subscriber.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { maxDeliveryAgeMs, retryDelayMs } from './delivery-retry.ts';
import { HostLimiter } from './host-limiter.ts';
import { isSuccess, type WebSubHttpClient } from './http-client-port.ts';
import type { DeliveryResult, HubStore, TopicDocument } from './hub-store.ts';
import { sendDenial } from './verifier.ts';
import { sign } from './websub-signature.ts';

const limits = { perHost: 2, total: 20 };
/** Longer than an attempt can take; a process that died leaves its deliveries alone for so long. */
const leaseMs = 20_000;
const readAtOnce = 100;
/** Between two deliveries to one subscriber. */
export const paceMs = 5000;

/** What became of an attempt, for whoever counts. */
export type DeliveryOutcome = 'delivered' | 'unchanged' | 'retried' | 'dropped' | 'gone' | 'revoked';

/** What distribution works with. */
export interface ContentDistributorParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  readonly ports: HubStore;
  readonly random: () => number;
  onDelivery(outcome: DeliveryOutcome): void;
  /** There may be more to do. */
  wake(): void;
}

/**
 * Delivers what is queued: the present document of the topic, whatever it was that had changed. A delivery stands in
 * the database until its subscriber has said yes, so that it is made at least once whatever happens to this process.
 */
export class ContentDistributor {
  readonly #parts: ContentDistributorParts;
  readonly #gate: HostLimiter;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(parts: ContentDistributorParts) {
    this.#parts = parts;
    this.#gate = new HostLimiter(parts.clock, limits);
  }

  /** Sets off whatever is due. @returns in how long to look again; null: nothing waits. */
  async run(): Promise<number | null> {
    if (this.#stopped) return null;
    const { ports, clock } = this.#parts;
    await ports.removeExpired(clock.now());
    if (this.#gate.available > 0) await this.#startDue();
    const nextMs = await ports.nextDeliveryMs(this.#gate.blockedHosts());
    const opensInMs = this.#gate.nextUnblockInMs();
    // What is due and was not begun waits for a place, and whoever leaves one wakes us.
    const dueInMs = nextMs === null ? null : Math.max(nextMs - clock.now(), 1000);
    return dueInMs === null || opensInMs === null ? (dueInMs ?? opensInMs) : Math.min(dueInMs, opensInMs);
  }

  /** Resolves when no attempt is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Begins nothing more and lets what is under way end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.idle();
  }

  async #startDue(): Promise<void> {
    const { ports, clock } = this.#parts;
    const due = await ports.dueDeliveries(clock.now(), { limit: readAtOnce, exceptHosts: this.#gate.blockedHosts() });
    const taken = due.filter(({ host }) => this.#gate.tryAcquire(host));
    const claimed = await this.#claim(taken);
    const ids = new Set(claimed.map(({ id }) => id));
    for (const { id, host } of taken) if (!ids.has(id)) this.#gate.release(host, null);
    for (const one of claimed) this.#start(one);
  }

  async #claim(taken: readonly { readonly id: number; readonly host: string }[]): Promise<readonly ClaimedDelivery[]> {
    const { ports, clock } = this.#parts;
    try {
      return await ports.claim({ ids: taken.map(({ id }) => id), nowMs: clock.now(), leaseMs });
    } catch (error) {
      // Or their hosts would be taken for busy until the next start.
      for (const { host } of taken) this.#gate.release(host, null);
      throw error;
    }
  }

  #start(claimed: ClaimedDelivery): void {
    const { log } = this.#parts;
    const work = this.#attempt(claimed)
      .then((went) => this.#gate.release(claimed.host, went))
      .catch((error: unknown) => {
        this.#gate.release(claimed.host, null);
        log.error({ err: error, host: claimed.host }, 'a delivery broke down; it is made again when its lease is over');
      })
      .finally(() => {
        this.#running.delete(work);
        this.#parts.wake();
      });
    this.#running.add(work);
  }

  /** Whether the callback took it; null: it was not asked. */
  async #attempt(claimed: ClaimedDelivery): Promise<boolean | null> {
    const { ports, clock, client, onDelivery } = this.#parts;
    const settle = (result: DeliveryResult): Promise<void> => ports.recordResult(claimed, result, clock.now());
    const document = await ports.document(claimed.topic);
    if (document === null) {
      await sendDenial(client, claimed, 'the feed is no more');
      onDelivery('revoked');
      await settle({ kind: 'over' });
      return null;
    }
    if (document.tag === claimed.deliveredTag) {
      onDelivery('unchanged');
      await settle({ kind: 'done', tag: document.tag, paceMs });
      return null;
    }
    return await this.#post(claimed, document, settle);
  }

  async #post(
    claimed: ClaimedDelivery,
    document: TopicDocument,
    settle: (result: DeliveryResult) => Promise<void>,
  ): Promise<boolean> {
    const { clock, client, random, onDelivery, log } = this.#parts;
    const { topic, callback, host, secret, attempts, expiresMs } = claimed;
    const headers = { 'content-type': document.contentType, link: document.link };
    const signature = secret === null ? {} : { 'x-hub-signature': sign(secret, document.body) };
    const request = {
      method: 'POST',
      url: callback,
      headers: { ...headers, ...signature },
      body: document.body,
    } as const;
    const answer = await client.request(request);
    if (isSuccess(answer)) {
      await settle({ kind: 'done', tag: document.tag, paceMs });
      onDelivery('delivered');
      return true;
    }
    const status = answer.kind === 'answered' ? answer.status : null;
    if (status === 410) {
      log.info({ topic, host }, 'a subscriber is gone');
      await settle({ kind: 'over' });
      onDelivery('gone');
      return true;
    }
    const asked = answer.kind === 'answered' && (status === 429 || status === 503) ? answer.retryAfterMs : null;
    const leftMs = Math.min(expiresMs - clock.now(), maxDeliveryAgeMs);
    const retryMs = retryDelayMs({ earlier: attempts, retryAfterMs: asked, random: random(), leftMs });
    await settle({ kind: 'failed', retryMs });
    onDelivery(retryMs === null ? 'dropped' : 'retried');
    log.debug({ topic, host, status, retryMs }, 'a delivery was not taken');
    return false;
  }
}
