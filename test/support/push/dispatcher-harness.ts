import type { WebhookState } from '../../../src/domain/events/webhook.ts';
import type { PostResult } from '../../../src/push/webhooks/delivery-outcome.ts';
import { WebhookDispatcher, type WebhookRequest } from '../../../src/push/webhooks/webhook-dispatcher.ts';
import type { Log } from '../../../src/runtime/log.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { MemoryLog } from './memory-log.ts';
import { makeState, makeWebhook } from './webhook-helpers.ts';

/** States in memory with the compare-and-set of the store. */
class MemoryWebhookStates {
  readonly rows = new Map<string, WebhookState>();
  fault: Error | null = null;
  reads = 0;
  writes = 0;

  async read(id: string): Promise<WebhookState | null> {
    this.reads += 1;
    if (this.fault !== null) throw this.fault;
    return this.rows.get(id) ?? null;
  }

  async advance(before: WebhookState, after: WebhookState): Promise<boolean> {
    const now = this.rows.get(before.id);
    if (now?.seq !== before.seq || now.announcedSeq !== before.announcedSeq || now.epoch !== before.epoch) return false;
    this.rows.set(before.id, after);
    this.writes += 1;
    return true;
  }

  of(id = 'hook'): WebhookState {
    const found = this.rows.get(id);
    if (found === undefined) throw new Error(`no ${id}`);
    return found;
  }
}

/** A dispatcher with states and a log in memory. */
export interface DispatcherHarness {
  readonly dispatcher: WebhookDispatcher;
  readonly states: MemoryWebhookStates;
  readonly log: MemoryLog;
  readonly clock: FakeClock;
  readonly posts: readonly WebhookRequest[];
  readonly logLines: readonly string[];
  /** Outcomes of the attempts. */
  readonly outcomes: readonly string[];
  /** Advances the clock and runs all work due. */
  pass(ms?: number): Promise<void>;
  publish(events?: number): Promise<void>;
  seqs(): number[][];
}

const dispatchers: WebhookDispatcher[] = [];

/** Stops all dispatchers: for `afterEach`. */
export function stopDispatchers(): void {
  for (const dispatcher of dispatchers.splice(0)) void dispatcher.stop();
}

/** Response of a receiver. */
export type Answer = PostResult | ((post: WebhookRequest, signal: AbortSignal) => Promise<PostResult>);

export const ok: PostResult = { kind: 'answered', status: 204, retryAfterMs: null };
export const down: PostResult = { kind: 'answered', status: 500, retryAfterMs: null };

/** Creates a dispatcher. Responses are used in order; the last one repeats. */
export function createDispatcherHarness(
  answers: Answer[] = [ok],
  states: WebhookState[] = [makeState(0)],
): DispatcherHarness {
  const stateStore = new MemoryWebhookStates();
  for (const state of states) stateStore.rows.set(state.id, state);
  const log = new MemoryLog();
  const clock = createFakeClock();
  const posts: WebhookRequest[] = [];
  const logLines: string[] = [];
  const ends: string[] = [];
  const note = (facts: object, message: string) => void logLines.push(`${message} ${JSON.stringify(facts)}`);
  const logger: Log = { debug: note, info: note, warn: note, error: note };
  const dispatcher = new WebhookDispatcher({
    eventLog: log,
    states: stateStore,
    clock,
    log: logger,
    random: () => 1,
    publicUrl: 'https://news.example.com',
    onAttempt: (outcome) => void ends.push(outcome),
    setTimer: (delayMs, call) => clock.after(delayMs, call),
    async post(post, signal) {
      posts.push(post);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return typeof answer === 'function' ? answer(post, signal) : (answer ?? ok);
    },
  });
  dispatchers.push(dispatcher);
  const pass = async (ms = 0) => {
    await clock.advance(ms);
    for (let turn = 0; turn < 10; turn += 1) await clock.rest();
  };
  return {
    ...{ dispatcher, states: stateStore, log, clock, posts, logLines, outcomes: ends, pass },
    async publish(events = 1) {
      for (let index = 0; index < events; index += 1) log.append();
      dispatcher.wake();
      await pass();
    },
    seqs: () =>
      posts.map(({ body }) => (JSON.parse(body) as { events?: { seq: number }[] }).events?.map(({ seq }) => seq) ?? []),
  };
}

export const declareOne = async (one: DispatcherHarness) => {
  one.dispatcher.setWebhooks([makeWebhook()]);
  await one.pass();
};
