import { conceal, shownUrl } from '../../domain/masking.ts';
import type { Webhook, WebhookOutcome, WebhookState } from '../../domain/webhook.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { LogReader } from '../log-reader.ts';
import { type Plan, planDelivery } from './plan.ts';
import { deliveryId, signatureHeaders } from './signature.ts';
import { judgeAnswer, type PostAnswer } from './verdict.ts';

const lookEveryMs = 1000;
/** Silence is written down no more often: it costs a transaction and tells nobody anything. */
const settleEveryMs = 1000;
/** Nothing is planned further ahead; a time beyond it is a clock that was put back. */
const furthestMs = 25 * 3_600_000;
const stopGraceMs = 2000;

/** What is sent, and to whom. */
export interface Post {
  readonly webhookId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where the state of webhooks is kept. Both may fail; it is tried again then. */
export interface WebhookBook {
  read(): Promise<readonly WebhookState[]>;
  /** False: the place was moved by somebody else meanwhile, and nothing was written. */
  advance(before: WebhookState, after: WebhookState): Promise<boolean>;
}

/** What a courier works with. */
export interface CourierParts {
  readonly log: LogReader;
  readonly book: WebhookBook;
  /**
   * Sends one request, through the guard; redirects are answers. Whatever the other side does is a value.
   *
   * @throws the signal's reason when it is aborted.
   */
  post(post: Post, signal: AbortSignal): Promise<PostAnswer>;
  readonly clock: Clock;
  readonly logger: Log;
  random(): number;
  /** Told how each attempt ended. */
  ended(outcome: WebhookOutcome): void;
  /** Without a trailing slash. */
  publicUrl(): string;
  /** Calls once after a while; the answer stops it. */
  after(delayMs: number, call: () => void): () => void;
}

/** A batch that was not taken: it is sent again as it was, whatever has come since. */
interface Bound {
  readonly webhook: Webhook;
  readonly fromSeq: number;
  readonly untilSeq: number;
}

/**
 * Brings events to webhooks: to each in order and one batch at a time, to all of them side by side. A place moves only
 * once what lies before it was taken, so that a crash repeats a delivery and never loses one.
 */
export class Courier {
  readonly #parts: CourierParts;
  readonly #running = new Map<string, Promise<void>>();
  readonly #bounds = new Map<string, Bound>();
  readonly #settledMs = new Map<string, number>();
  /** Those that were to be served while they were being served. */
  readonly #missed = new Set<string>();
  readonly #abort = new AbortController();
  #declared: ReadonlyMap<string, Webhook> = new Map();
  #cancelLook: () => void = () => {};
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #stopped = false;

  constructor(parts: CourierParts) {
    this.#parts = parts;
    this.#planLook();
  }

  /** Puts declarations in force; their rows are in the book already. */
  declare(webhooks: readonly Webhook[]): void {
    this.#declared = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
    this.wake();
  }

  /** There may be something to do. May be called at any rate. */
  wake(): void {
    if (this.#stopped || this.#declared.size === 0) return;
    this.#lookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      // Woken in the moment between the last look and this one.
      if (this.#lookAgain) this.wake();
    });
  }

  /** Sends nothing more; what is under way is given a moment, then cut off, to be sent again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelLook();
    await this.#looking;
    const cancel = this.#parts.after(stopGraceMs, () => this.#abort.abort(new Error('the server stops')));
    await Promise.all(this.#running.values());
    cancel();
  }

  #planLook(): void {
    this.#cancelLook = this.#parts.after(lookEveryMs, () => {
      this.wake();
      if (!this.#stopped) this.#planLook();
    });
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false;
      try {
        for (const state of await this.#parts.book.read()) this.#start(state);
      } catch (error) {
        this.#parts.logger.error({ err: error }, 'the state of the webhooks cannot be read; trying again');
      }
    }
  }

  #start(state: WebhookState): void {
    const webhook = this.#declared.get(state.id);
    // One whose address in the book is another one is about to be declared anew.
    if (webhook === undefined || shownUrl(webhook) !== state.url) return;
    if (this.#running.has(state.id)) {
      this.#missed.add(state.id);
      return;
    }
    const nowMs = this.#parts.clock.now();
    const isDue = state.nextAttemptMs <= nowMs || state.nextAttemptMs > nowMs + furthestMs;
    if (state.removedMs !== null || state.pausedMs !== null || !isDue) return;
    const run = this.#serve(webhook, state)
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#parts.logger.error({ err: error, webhook: webhook.id }, 'a webhook could not be served; trying again');
      })
      .finally(() => {
        this.#running.delete(webhook.id);
        if (this.#missed.delete(webhook.id)) this.wake();
      });
    this.#running.set(webhook.id, run);
  }

  /** Delivers until nothing is left, or something goes wrong. */
  async #serve(webhook: Webhook, from: WebhookState): Promise<void> {
    for (let state: WebhookState | null = from; state !== null && !this.#stopped; ) {
      const { log, publicUrl } = this.#parts;
      const untilSeq = this.#boundOf(webhook, state);
      const plan = await planDelivery(webhook, state, { log, publicUrl: publicUrl(), untilSeq });
      state = plan.kind === 'nothing' ? await this.#settle(state, plan) : await this.#deliver(webhook, state, plan);
    }
  }

  /** Writes down that nothing was wanted; null: that is all for now. */
  async #settle(state: WebhookState, plan: Extract<Plan, { kind: 'nothing' }>): Promise<WebhookState | null> {
    const { clock, book } = this.#parts;
    const after = { ...state, ...plan.place };
    if (plan.place.seq === state.seq) return null;
    const nowMs = clock.monotonic();
    const isEarly = nowMs - (this.#settledMs.get(state.id) ?? Number.NEGATIVE_INFINITY) < settleEveryMs;
    if (!plan.more && isEarly) return null;
    this.#settledMs.set(state.id, nowMs);
    const written = await book.advance(state, after);
    return written && plan.more ? after : null;
  }

  /** The state after a delivery that was taken, to go on from; null: not now. */
  async #deliver(
    webhook: Webhook,
    state: WebhookState,
    plan: Extract<Plan, { kind: 'send' }>,
  ): Promise<WebhookState | null> {
    const { clock, book, random } = this.#parts;
    const answer = await this.#post(webhook, plan.body);
    const after = judgeAnswer(state, plan, answer, { nowMs: clock.now(), random: random() });
    const taken = after.lastOutcome === 'delivered';
    if (taken) this.#bounds.delete(webhook.id);
    else this.#bounds.set(webhook.id, { webhook, fromSeq: state.seq, untilSeq: plan.place.seq });
    const written = await book.advance(state, after);
    this.#tell(state, after);
    return written && taken ? after : null;
  }

  async #post({ id, url, hidden, secrets }: Webhook, body: string): Promise<PostAnswer> {
    const { clock, post } = this.#parts;
    const signed = { id: deliveryId(id, body), timestampS: Math.floor(clock.now() / 1000), body };
    const signature = signatureHeaders(secrets, signed);
    if (signature === null) return { kind: 'failed', detail: 'its secret is not of the form whsec_…', status: null };
    const headers = { 'content-type': 'application/json', ...signature };
    const answer = await post({ webhookId: id, url, headers, body }, this.#abort.signal);
    return answer.kind === 'failed' ? { ...answer, detail: conceal(answer.detail, hidden) } : answer;
  }

  #boundOf(webhook: Webhook, { id, seq }: WebhookState): number | null {
    const bound = this.#bounds.get(id);
    return bound?.webhook === webhook && bound.fromSeq === seq ? bound.untilSeq : null;
  }

  #tell(before: WebhookState, after: WebhookState): void {
    const { logger, ended } = this.#parts;
    const { id: webhook, lastOutcome: outcome, lastStatus: status, lastDetail: detail, failures } = after;
    if (outcome !== null) ended(outcome);
    if (outcome === 'gone') logger.warn({ webhook, detail }, 'a webhook is paused until the operator resumes it');
    else if (outcome !== 'delivered') logger.warn({ webhook, outcome, status, detail, failures }, 'not delivered');
    else if (before.failures > 0) logger.info({ webhook, failures: before.failures }, 'delivered again after failures');
    else logger.debug({ webhook, seq: after.seq }, 'delivered');
  }
}
