import { createHash, createHmac } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkCursor, formatCursor, type LogBounds, type LogEvent } from '../../domain/events/event.ts';
import { decodeSecret, type Webhook, type WebhookState } from '../../domain/events/webhook.ts';
import type { ResetReason } from '../../domain/events/wire.ts';
import { createMatcher, type Matcher } from '../fanout/event-filter.ts';
import { frameEvent, maxBytesPerDelivery, maxEventsPerDelivery } from '../fanout/frames.ts';
import type { LogReader } from '../log/page-reader.ts';

const pageSize = 200;
/** Events matched per call, so that a filter that matches nothing does not delay other work. */
const maxMatched = 2000;

/** Position of a webhook in the log. */
type WebhookPosition = Pick<WebhookState, 'epoch' | 'seq' | 'announcedSeq'>;

/** The next thing to do for a webhook. */
export type WebhookBatch =
  /** No event up to `position` matches; `more`: the log continues after it. */
  | { readonly kind: 'nothing'; readonly position: WebhookPosition; readonly more: boolean }
  /** A delivery, and the position once the receiver has accepted it. */
  | { readonly kind: 'send'; readonly body: string; readonly position: WebhookPosition; readonly events: number };

export interface BatchContext {
  readonly eventLog: LogReader;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** End of a batch that is being repeated: with later events its bytes and id would differ. Null: no end. */
  readonly untilSeq: number | null;
}

/**
 * Reads the next delivery of a webhook: the events after its position that match its filter, in order; or, when the log no
 * longer contains the events after that position, a `reset`, after which it continues from the oldest event.
 */
export async function readBatch(webhook: Webhook, state: WebhookState, context: BatchContext): Promise<WebhookBatch> {
  const { eventLog, publicUrl, untilSeq } = context;
  const batch = new BatchBuilder(webhook, state, publicUrl);
  for (let matched = 0; matched < maxMatched; matched += pageSize) {
    // Reading and decoding a page is synchronous: let other work run between two pages.
    if (matched > 0) await nextTurn();
    const events = await eventLog.read(batch.seq, pageSize);
    // Read the bounds after the events: they show whether retention or a restore ran during the read.
    const bounds = await eventLog.bounds();
    const status = checkCursor({ epoch: state.epoch, seq: batch.seq }, bounds);
    if (status !== 'valid') return batch.isEmpty ? resetBatch(webhook, status, bounds) : batch.build(true);
    for (const event of events) {
      if (event.seq > (untilSeq ?? event.seq) || !batch.add(event)) return batch.build(true);
    }
    if (batch.seq >= bounds.head || events.length === 0) return batch.build(false);
  }
  return batch.build(true);
}

function resetBatch(webhook: Webhook, reason: ResetReason, { epoch, floor, head }: LogBounds): WebhookBatch {
  const seq = floor - 1;
  const cursor = formatCursor({ epoch, seq });
  const body = JSON.stringify({ type: 'reset', webhook: webhook.id, reason, epoch, floor, head, cursor });
  return { kind: 'send', body, position: { epoch, seq, announcedSeq: seq }, events: 0 };
}

/** Collects the events of one delivery. */
class BatchBuilder {
  /** All events up to it have been matched. */
  seq: number;
  readonly #webhook: Webhook;
  readonly #publicUrl: string;
  readonly #epoch: string;
  readonly #after: number;
  readonly #matcher: Matcher;
  readonly #events: string[] = [];
  #announcedSeq: number;
  #bytes = 0;

  constructor(webhook: Webhook, { epoch, seq, announcedSeq }: WebhookPosition, publicUrl: string) {
    this.#webhook = webhook;
    this.#publicUrl = publicUrl;
    this.#matcher = createMatcher([webhook.filter]);
    this.#epoch = epoch;
    this.seq = seq;
    this.#after = announcedSeq;
    this.#announcedSeq = announcedSeq;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Returns false when the event does not fit; it starts the next batch. */
  add(event: LogEvent): boolean {
    if (this.#events.length >= maxEventsPerDelivery) return false;
    const op = this.#matcher.decide(event);
    if (op !== null) {
      const json = `{${frameEvent(event, op, this.#announcedSeq, this.#publicUrl).jsonTail}`;
      const bytes = Buffer.byteLength(json);
      if (!this.isEmpty && this.#bytes + bytes > maxBytesPerDelivery) return false;
      this.#events.push(json);
      this.#bytes += bytes;
      this.#announcedSeq = event.seq;
    }
    this.seq = event.seq;
    return true;
  }

  build(more: boolean): WebhookBatch {
    const position = { epoch: this.#epoch, seq: this.seq, announcedSeq: this.#announcedSeq };
    if (this.isEmpty) return { kind: 'nothing', position, more };
    const cursorAt = (seq: number): string => formatCursor({ epoch: this.#epoch, seq });
    const start = JSON.stringify({
      type: 'events',
      webhook: this.#webhook.id,
      after: cursorAt(this.#after),
      cursor: cursorAt(this.#announcedSeq),
    });
    const body = `${start.slice(0, -1)},"events":[${this.#events.join(',')}]}`;
    return { kind: 'send', body, position, events: this.#events.length };
  }
}

/** The signed parts of a delivery. */
interface SignedContent {
  readonly id: string;
  /** Epoch seconds of the attempt; receivers reject old ones. */
  readonly timestampS: number;
  readonly body: string;
}

/** The `webhook-id` of a delivery: equal for equal bytes to the same webhook, so that receivers recognise a repeat. */
export function deliveryId(webhookId: string, body: string): string {
  return `msg_${createHash('sha256').update(`${webhookId}\n${body}`).digest('base64url').slice(0, 27)}`;
}

/**
 * Signature headers of the Standard Webhooks scheme: HMAC-SHA256 over `id.timestamp.body`.
 *
 * @param secrets `whsec_` and base64. Each signs, so that receivers can rotate their secret.
 * @returns null when there is no secret, or one is malformed.
 */
export function signatureHeaders(
  secrets: readonly string[],
  signed: SignedContent,
): Readonly<Record<string, string>> | null {
  const { id, timestampS, body } = signed;
  const signatures: string[] = [];
  for (const secret of secrets) {
    const key = decodeSecret(secret);
    if (key === null) return null;
    signatures.push(`v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`);
  }
  if (signatures.length === 0) return null;
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': signatures.join(' ') };
}
