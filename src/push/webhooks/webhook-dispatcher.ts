import { setImmediate as nextTurn } from 'node:timers/promises';
import { hourMs } from '../../domain/durations.ts';
import type { Webhook, WebhookOutcome, WebhookState } from '../../domain/events/webhook.ts';
import { displayUrl, maskText } from '../../domain/masking.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Coalescer, createCoalescer } from '../../runtime/coalescer.ts';
import type { Log } from '../../runtime/log.ts';
import type { LogReader } from '../log/log-reader.ts';
import { nextWebhookState, type PostResult } from './delivery-outcome.ts';
import { readBatch, type WebhookBatch } from './webhook-batch.ts';
import { deliveryId, signatureHeaders } from './webhook-signature.ts';

const lookEveryMs = 1000;
/** Silence is written down no more often: it costs a transaction and tells nobody anything. */
const settleEveryMs = 1000;
/** Nothing is planned further ahead; a time beyond it is a clock that was put back. */
const furthestMs = 25 * hourMs;
const stopGraceMs = 2000;

/** What is sent, and to whom. */
export interface WebhookRequest {
  readonly webhookId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where the state of webhooks is kept. Both may fail; it is tried again then. */
export interface WebhookStateStore {
  /** The state of one webhook; null: it was never declared. */
  read(id: string): Promise<WebhookState | null>;
  /** False: the place was moved by somebody else meanwhile, and nothing was written. */
  advance(before: WebhookState, after: WebhookState): Promise<boolean>;
}

/** What a courier works with. */
export interface WebhookDispatcherOptions {
  readonly log: LogReader;
  readonly book: WebhookStateStore;
  /**
   * Sends one request, through the guard; redirects are answers. Whatever the other side does is a value.
   *
   * @throws the signal's reason when it is aborted.
   */
  post(post: WebhookRequest, signal: AbortSignal): Promise<PostResult>;
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

/** A place from which on nothing was wanted, up to another one. */
interface Silence {
  readonly webhook: Webhook;
  readonly epoch: string;
  readonly fromSeq: number;
  readonly untilSeq: number;
}

/**
 * Brings events to webhooks: to each in order and one batch at a time, to all of them side by side. A place moves only
 * once what lies before it was taken, so that a crash repeats a delivery and never loses one.
 *
 * Each webhook has a coalescer of its own. A run reads the webhook's state and delivers until it has read to the head
 * of the log; the end of a run wakes no other webhook.
 */
export class WebhookDispatcher {
  readonly #parts: WebhookDispatcherOptions;
  /** By id. Kept when a webhook is declared no more: it may be again while its last run has yet to end. */
  readonly #tasks = new Map<string, Coalescer>();
  readonly #bounds = new Map<string, Bound>();
  readonly #silences = new Map<string, Silence>();
  readonly #settledMs = new Map<string, number>();
  readonly #abort = new AbortController();
  #declared: ReadonlyMap<string, Webhook> = new Map();
  #cancelLook: () => void = () => {};
  #stopped = false;

  constructor(parts: WebhookDispatcherOptions) {
    this.#parts = parts;
    this.#planLook();
  }

  /** Puts declarations in force; their rows are in the book already. */
  setWebhooks(webhooks: readonly Webhook[]): void {
    this.#declared = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
    this.wake();
  }

  /** There may be something to do. May be called at any rate. */
  wake(): void {
    if (this.#stopped) return;
    for (const id of this.#declared.keys()) this.#taskOf(id).wake();
  }

  /** Sends nothing more; what is under way is given a moment, then cut off, to be sent again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelLook();
    const cancel = this.#parts.after(stopGraceMs, () => this.#abort.abort(new Error('the server stops')));
    await Promise.all([...this.#tasks.values()].map((task) => task.stop()));
    cancel();
  }

  #planLook(): void {
    this.#cancelLook = this.#parts.after(lookEveryMs, () => {
      this.wake();
      if (!this.#stopped) this.#planLook();
    });
  }

  #taskOf(id: string): Coalescer {
    const known = this.#tasks.get(id);
    if (known !== undefined) return known;
    const task = createCoalescer(() => this.#serve(id), { name: 'serving a webhook', log: this.#parts.logger });
    this.#tasks.set(id, task);
    return task;
  }

  /** Delivers until nothing is left, or something goes wrong. */
  async #serve(id: string): Promise<void> {
    const { book, log, publicUrl, logger } = this.#parts;
    try {
      let state = await book.read(id);
      while (state !== null) {
        // Looked up for each batch: a changed declaration counts at once.
        const webhook = this.#declared.get(id);
        if (webhook === undefined || !this.#isReady(webhook, state) || !(await this.#hasNews(webhook, state))) return;
        const untilSeq = this.#boundOf(webhook, state);
        const plan = await readBatch(webhook, state, { log, publicUrl: publicUrl(), untilSeq });
        state =
          plan.kind === 'nothing'
            ? await this.#settle(webhook, state, plan)
            : await this.#deliver(webhook, state, plan);
        await nextTurn();
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      logger.error({ err: error, webhook: id }, 'a webhook could not be served; trying again');
    }
  }

  #isReady(webhook: Webhook, state: WebhookState): boolean {
    // One whose address in the book is another one is about to be declared anew.
    if (this.#stopped || displayUrl(webhook) !== state.url) return false;
    const nowMs = this.#parts.clock.now();
    const wasSetBack = (state.lastAttemptMs ?? 0) > nowMs || state.nextAttemptMs > nowMs + furthestMs;
    const isDue = state.nextAttemptMs <= nowMs || wasSetBack;
    return state.removedMs === null && state.pausedMs === null && isDue;
  }

  /** False: it was read to the head of the log already, and what was found there needs no writing down yet. */
  async #hasNews(webhook: Webhook, { id, epoch, seq }: WebhookState): Promise<boolean> {
    const head = await this.#parts.log.bounds();
    if (epoch !== head.epoch || seq > head.head) return true;
    const silence = this.#silences.get(id);
    const isKnown = silence?.webhook === webhook && silence.epoch === epoch && silence.fromSeq === seq;
    const readSeq = isKnown ? silence.untilSeq : seq;
    return head.head > readSeq || (readSeq > seq && !this.#isEarly(id));
  }

  #isEarly(id: string): boolean {
    const settledMs = this.#settledMs.get(id) ?? Number.NEGATIVE_INFINITY;
    return this.#parts.clock.monotonic() - settledMs < settleEveryMs;
  }

  /** Writes down that nothing was wanted; null: that is all for now. */
  async #settle(
    webhook: Webhook,
    state: WebhookState,
    { place, more }: Extract<WebhookBatch, { kind: 'nothing' }>,
  ): Promise<WebhookState | null> {
    const { clock, book } = this.#parts;
    if (place.seq === state.seq) return null;
    if (!more && this.#isEarly(state.id)) {
      this.#silences.set(state.id, { webhook, epoch: place.epoch, fromSeq: state.seq, untilSeq: place.seq });
      return null;
    }
    this.#settledMs.set(state.id, clock.monotonic());
    const after = { ...state, ...place };
    const written = await book.advance(state, after);
    return written && more ? after : null;
  }

  /** The state after a delivery that was taken, to go on from; null: not now. */
  async #deliver(
    webhook: Webhook,
    state: WebhookState,
    plan: Extract<WebhookBatch, { kind: 'send' }>,
  ): Promise<WebhookState | null> {
    const { clock, book, random } = this.#parts;
    const answer = await this.#post(webhook, plan.body);
    const after = nextWebhookState(state, plan, answer, { nowMs: clock.now(), random: random() });
    const taken = after.lastOutcome === 'delivered';
    if (taken) this.#bounds.delete(webhook.id);
    else this.#bounds.set(webhook.id, { webhook, fromSeq: state.seq, untilSeq: plan.place.seq });
    const written = await book.advance(state, after);
    this.#tell(state, after);
    return written && taken ? after : null;
  }

  async #post({ id, url, hidden, secrets }: Webhook, body: string): Promise<PostResult> {
    const { clock, post } = this.#parts;
    const signed = { id: deliveryId(id, body), timestampS: Math.floor(clock.now() / 1000), body };
    const signature = signatureHeaders(secrets, signed);
    if (signature === null) return { kind: 'failed', detail: 'its secret is not of the form whsec_…', status: null };
    const headers = { 'content-type': 'application/json', ...signature };
    const answer = await post({ webhookId: id, url, headers, body }, this.#abort.signal);
    return answer.kind === 'failed' ? { ...answer, detail: maskText(answer.detail, hidden) } : answer;
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
