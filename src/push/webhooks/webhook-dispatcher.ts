import { setImmediate as nextTurn } from 'node:timers/promises';
import { hourMs } from '../../domain/durations.ts';
import type { Webhook, WebhookOutcome, WebhookState } from '../../domain/events/webhook.ts';
import { displayUrl, maskText } from '../../domain/masking.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Coalescer, createCoalescer } from '../../runtime/coalescer.ts';
import type { Log } from '../../runtime/log.ts';
import type { LogReader } from '../log/page-reader.ts';
import { nextWebhookState, type PostResult } from './delivery-outcome.ts';
import { deliveryId, readBatch, signatureHeaders, type WebhookBatch } from './webhook-batch.ts';

const pollEveryMs = 1000;
/** Minimum time between two transactions that store a position without a delivery. */
const storeEveryMs = 1000;
/** No retry is scheduled further ahead; a later time means that the clock was set back. */
const maxAheadMs = 25 * hourMs;
const stopGraceMs = 2000;

/** One HTTP request to a webhook. */
export interface WebhookRequest {
  readonly webhookId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Stores the state of webhooks. Both methods may fail; the dispatcher retries. */
interface WebhookStateStore {
  /** The state of a webhook; null: it was never declared. */
  read(id: string): Promise<WebhookState | null>;
  /** Compare-and-set. Returns false, and writes nothing, when another writer has moved the position. */
  advance(before: WebhookState, after: WebhookState): Promise<boolean>;
}

export interface WebhookDispatcherOptions {
  readonly eventLog: LogReader;
  readonly states: WebhookStateStore;
  /**
   * Sends one request through the address guard. Redirects are not followed; remote failures are returned, not thrown.
   *
   * @throws the signal's reason when it is aborted.
   */
  post(post: WebhookRequest, signal: AbortSignal): Promise<PostResult>;
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
  /** Called after each attempt. */
  onAttempt(outcome: WebhookOutcome): void;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Calls `call` once after a delay; the returned function cancels it. */
  setTimer(delayMs: number, call: () => void): () => void;
}

/** A batch that was not accepted. It is repeated unchanged, whatever events have been added since. */
interface FailedBatch {
  readonly webhook: Webhook;
  readonly fromSeq: number;
  readonly untilSeq: number;
}

/** A range of the log in which no event matches, not stored yet. */
interface UnmatchedRange {
  readonly webhook: Webhook;
  readonly epoch: string;
  readonly fromSeq: number;
  readonly untilSeq: number;
}

/**
 * Delivers events to webhooks: to each one in order and one batch at a time, to all of them concurrently. A position moves
 * only after the receiver has accepted the batch, so that a crash repeats a delivery and never loses one.
 *
 * Each webhook has its own coalescer. A run reads the webhook's state and delivers until it reaches the head of the log.
 */
export class WebhookDispatcher {
  readonly #parts: WebhookDispatcherOptions;
  /** By id. Kept when a declaration is removed: it may be added again while its last run has not ended. */
  readonly #tasks = new Map<string, Coalescer>();
  readonly #failedBatches = new Map<string, FailedBatch>();
  readonly #unmatched = new Map<string, UnmatchedRange>();
  readonly #storedMs = new Map<string, number>();
  readonly #abort = new AbortController();
  #declared: ReadonlyMap<string, Webhook> = new Map();
  #cancelPoll: () => void = () => {};
  #stopped = false;

  constructor(parts: WebhookDispatcherOptions) {
    this.#parts = parts;
    this.#schedulePoll();
  }

  /** Replaces the declared webhooks. Their states must already be stored. */
  setWebhooks(webhooks: readonly Webhook[]): void {
    this.#declared = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
    this.wake();
  }

  /** Checks for new events. May be called at any rate. */
  wake(): void {
    if (this.#stopped) return;
    for (const id of this.#declared.keys()) this.#taskOf(id).wake();
  }

  /** Sends nothing more. Requests in flight get a grace period, then are aborted and repeated after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll();
    const cancel = this.#parts.setTimer(stopGraceMs, () => this.#abort.abort(new Error('the server is stopping')));
    await Promise.all([...this.#tasks.values()].map((task) => task.stop()));
    cancel();
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#parts.setTimer(pollEveryMs, () => {
      this.wake();
      if (!this.#stopped) this.#schedulePoll();
    });
  }

  #taskOf(id: string): Coalescer {
    const known = this.#tasks.get(id);
    if (known !== undefined) return known;
    const task = createCoalescer(() => this.#serve(id), { name: 'serving a webhook', log: this.#parts.log });
    this.#tasks.set(id, task);
    return task;
  }

  /** Delivers until the head of the log, or the first failure. */
  async #serve(id: string): Promise<void> {
    const { states: book, eventLog: log, publicUrl, log: logger } = this.#parts;
    try {
      let state = await book.read(id);
      while (state !== null) {
        // Looked up for each batch: a changed declaration takes effect at once.
        const webhook = this.#declared.get(id);
        if (webhook === undefined || !this.#isReady(webhook, state) || !(await this.#hasNews(webhook, state))) return;
        const untilSeq = this.#untilSeqOf(webhook, state);
        const batch = await readBatch(webhook, state, { eventLog: log, publicUrl, untilSeq });
        state =
          batch.kind === 'nothing'
            ? await this.#skipUnmatched(webhook, state, batch)
            : await this.#deliver(webhook, state, batch);
        await nextTurn();
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      logger.error({ err: error, webhook: id }, 'a webhook could not be served; retrying');
    }
  }

  #isReady(webhook: Webhook, state: WebhookState): boolean {
    // The stored address differs: the new declaration is about to be stored.
    if (this.#stopped || displayUrl(webhook) !== state.url) return false;
    const nowMs = this.#parts.clock.now();
    const wasSetBack = (state.lastAttemptMs ?? 0) > nowMs || state.nextAttemptMs > nowMs + maxAheadMs;
    const isDue = state.nextAttemptMs <= nowMs || wasSetBack;
    return state.removedMs === null && state.pausedMs === null && isDue;
  }

  /** False when the log has been read to its head and the position need not be stored yet. */
  async #hasNews(webhook: Webhook, { id, epoch, seq }: WebhookState): Promise<boolean> {
    const head = await this.#parts.eventLog.bounds();
    if (epoch !== head.epoch || seq > head.head) return true;
    const range = this.#unmatched.get(id);
    const isKnown = range?.webhook === webhook && range.epoch === epoch && range.fromSeq === seq;
    const readSeq = isKnown ? range.untilSeq : seq;
    return head.head > readSeq || (readSeq > seq && !this.#wasJustStored(id));
  }

  #wasJustStored(id: string): boolean {
    const storedMs = this.#storedMs.get(id) ?? Number.NEGATIVE_INFINITY;
    return this.#parts.clock.monotonic() - storedMs < storeEveryMs;
  }

  /** Stores the position after a range without matches. Returns null when there is nothing more to do. */
  async #skipUnmatched(
    webhook: Webhook,
    state: WebhookState,
    { position, more }: Extract<WebhookBatch, { kind: 'nothing' }>,
  ): Promise<WebhookState | null> {
    const { clock, states: book } = this.#parts;
    if (position.seq === state.seq) return null;
    if (!more && this.#wasJustStored(state.id)) {
      this.#unmatched.set(state.id, { webhook, epoch: position.epoch, fromSeq: state.seq, untilSeq: position.seq });
      return null;
    }
    this.#storedMs.set(state.id, clock.monotonic());
    const after = { ...state, ...position };
    const written = await book.advance(state, after);
    return written && more ? after : null;
  }

  /** Sends a batch. Returns the state after it was accepted; null otherwise. */
  async #deliver(
    webhook: Webhook,
    state: WebhookState,
    batch: Extract<WebhookBatch, { kind: 'send' }>,
  ): Promise<WebhookState | null> {
    const { clock, states: book, random } = this.#parts;
    const answer = await this.#post(webhook, batch.body);
    const after = nextWebhookState(state, batch, answer, { nowMs: clock.now(), random: random() });
    const accepted = after.lastOutcome === 'delivered';
    if (accepted) this.#failedBatches.delete(webhook.id);
    else this.#failedBatches.set(webhook.id, { webhook, fromSeq: state.seq, untilSeq: batch.position.seq });
    const written = await book.advance(state, after);
    this.#report(state, after);
    return written && accepted ? after : null;
  }

  async #post({ id, url, hidden, secrets }: Webhook, body: string): Promise<PostResult> {
    const { clock, post } = this.#parts;
    const signed = { id: deliveryId(id, body), timestampS: Math.floor(clock.now() / 1000), body };
    const signature = signatureHeaders(secrets, signed);
    if (signature === null)
      return { kind: 'failed', detail: 'its secret does not have the form whsec_…', status: null };
    const headers = { 'content-type': 'application/json', ...signature };
    const answer = await post({ webhookId: id, url, headers, body }, this.#abort.signal);
    return answer.kind === 'failed' ? { ...answer, detail: maskText(answer.detail, hidden) } : answer;
  }

  #untilSeqOf(webhook: Webhook, { id, seq }: WebhookState): number | null {
    const failed = this.#failedBatches.get(id);
    return failed?.webhook === webhook && failed.fromSeq === seq ? failed.untilSeq : null;
  }

  #report(before: WebhookState, after: WebhookState): void {
    const { log: logger, onAttempt: ended } = this.#parts;
    const { id: webhook, lastOutcome: outcome, lastStatus: status, lastDetail: detail, failures } = after;
    if (outcome !== null) ended(outcome);
    if (outcome === 'gone') logger.warn({ webhook, detail }, 'a webhook is paused until the operator resumes it');
    else if (outcome !== 'delivered') logger.warn({ webhook, outcome, status, detail, failures }, 'a delivery failed');
    else if (before.failures > 0)
      logger.info({ webhook, failures: before.failures }, 'deliveries work again after failures');
    else logger.debug({ webhook, seq: after.seq }, 'delivered');
  }
}
