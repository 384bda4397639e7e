import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatCursor, type LogBounds, type LogEvent } from '../../domain/events/event.ts';
import type { Webhook, WebhookState } from '../../domain/events/webhook.ts';
import type { ResetReason } from '../../domain/events/wire.ts';
import { createMatcher, type Matcher } from '../fanout/event-filter.ts';
import { frameEvent, maxBytesPerDelivery, maxEventsPerDelivery } from '../fanout/frames.ts';
import type { LogReader } from '../log/log-reader.ts';

const pageSize = 200;
/** Events looked at in one go; what matches nothing must not keep others waiting. */
const maxLooked = 2000;

/** Where a webhook stands once something has come of it. */
type Place = Pick<WebhookState, 'epoch' | 'seq' | 'told'>;

/** What is to be done next for a webhook. */
export type WebhookBatch =
  /** Nothing that it wants up to `place`; `more`: the log goes on beyond. */
  | { readonly kind: 'nothing'; readonly place: Place; readonly more: boolean }
  /** Something to send, and where it stands once that was taken. */
  | { readonly kind: 'send'; readonly body: string; readonly place: Place; readonly events: number };

/** Of what a plan is made. */
export interface BatchContext {
  readonly log: LogReader;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** The end of a batch that is sent again: with what came since it would be another one. Null: no end. */
  readonly untilSeq: number | null;
}

/**
 * Works out what a webhook is to be sent next: the events that follow its place and match its filter, in order; or, when
 * the log no longer says what followed, a word about that, after which it goes on from the oldest event there is.
 */
export async function readBatch(webhook: Webhook, state: WebhookState, planning: BatchContext): Promise<WebhookBatch> {
  const { log, untilSeq } = planning;
  const batch = new BatchBuilder(webhook, state, planning.publicUrl);
  for (let looked = 0; looked < maxLooked; looked += pageSize) {
    // A page is read and decoded in one step, synchronously: not one after the other without a turn for the rest.
    if (looked > 0) await nextTurn();
    const events = await log.read(batch.seq, pageSize);
    // The head comes after the events: it tells whether retention or a restore overtook the read.
    const head = await log.bounds();
    const reason = lostBy({ epoch: state.epoch, seq: batch.seq }, head);
    if (reason !== null) return batch.isEmpty ? planReset(webhook, reason, head) : batch.plan(true);
    for (const event of events) {
      if (event.seq > (untilSeq ?? event.seq) || !batch.take(event)) return batch.plan(true);
    }
    if (batch.seq >= head.head || events.length === 0) return batch.plan(false);
  }
  return batch.plan(true);
}

function lostBy(place: Pick<Place, 'epoch' | 'seq'>, head: LogBounds): ResetReason | null {
  if (place.epoch !== head.epoch) return 'epoch_changed';
  if (place.seq > head.head) return 'cursor_in_future';
  return place.seq < head.floor - 1 ? 'cursor_too_old' : null;
}

function planReset(webhook: Webhook, reason: ResetReason, { epoch, floor, head }: LogBounds): WebhookBatch {
  const seq = floor - 1;
  const cursor = formatCursor({ epoch, seq });
  const body = JSON.stringify({ type: 'reset', webhook: webhook.id, reason, epoch, floor, head, cursor });
  return { kind: 'send', body, place: { epoch, seq, told: seq }, events: 0 };
}

/** Events that go out together. */
class BatchBuilder {
  /** Everything up to it was looked at. */
  seq: number;
  readonly #webhook: Webhook;
  readonly #publicUrl: string;
  readonly #epoch: string;
  readonly #after: number;
  readonly #matcher: Matcher;
  readonly #events: string[] = [];
  #told: number;
  #bytes = 0;

  constructor(webhook: Webhook, { epoch, seq, told }: Place, publicUrl: string) {
    this.#webhook = webhook;
    this.#publicUrl = publicUrl;
    this.#matcher = createMatcher([webhook.filter]);
    this.#epoch = epoch;
    this.seq = seq;
    this.#after = told;
    this.#told = told;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** False: there is no room for it; it begins the next batch. */
  take(event: LogEvent): boolean {
    if (this.#events.length >= maxEventsPerDelivery) return false;
    const op = this.#matcher.decide(event);
    if (op !== null) {
      const json = `{${frameEvent(event, op, this.#told, this.#publicUrl).rest}`;
      const bytes = Buffer.byteLength(json);
      if (!this.isEmpty && this.#bytes + bytes > maxBytesPerDelivery) return false;
      this.#events.push(json);
      this.#bytes += bytes;
      this.#told = event.seq;
    }
    this.seq = event.seq;
    return true;
  }

  plan(more: boolean): WebhookBatch {
    const place = { epoch: this.#epoch, seq: this.seq, told: this.#told };
    if (this.isEmpty) return { kind: 'nothing', place, more };
    const cursorAt = (seq: number): string => formatCursor({ epoch: this.#epoch, seq });
    const start = JSON.stringify({
      type: 'events',
      webhook: this.#webhook.id,
      after: cursorAt(this.#after),
      cursor: cursorAt(this.#told),
    });
    const body = `${start.slice(0, -1)},"events":[${this.#events.join(',')}]}`;
    return { kind: 'send', body, place, events: this.#events.length };
  }
}
