import { type Cursor, formatCursor, type LogBounds } from '../../../domain/events/event.ts';
import type { ResetReason, ServerMessage } from '../../../domain/events/wire.ts';
import { channelOf, filterKeyOf } from '../../../push/fanout/event-filter.ts';
import type { Sink, Subscription } from '../../../push/fanout/subscription.ts';
import { type ProtocolError, protocolError, type SubscribeRequest } from '../protocol/client-messages.ts';
import { type CloseCode, closeCodes } from '../protocol/close-codes.ts';
import type { LiveContext } from '../session/live-context.ts';
import { webSocketEncoding } from './ws-frame.ts';

/** The session of a subscription. */
export interface SessionConnection {
  /** False above the high-water mark. Subscriptions are woken when the connection has drained. */
  writable(): boolean;
  write(frame: Buffer): void;
  send(message: ServerMessage): void;
  bye(close: CloseCode): void;
}

/** The client's id of a subscription, and the channel name in its messages. */
interface SubscriptionNames {
  readonly id: string;
  readonly ch: string;
}

/** One subscription of a session. Writes its messages. */
class SessionSubscription implements Sink {
  readonly encoding = webSocketEncoding;
  readonly id: string;
  readonly ch: string;
  subscription: Subscription | null = null;
  readonly #connection: SessionConnection;
  readonly #ended: (own: SessionSubscription) => void;

  constructor(connection: SessionConnection, { id, ch }: SubscriptionNames, ended: (own: SessionSubscription) => void) {
    this.#connection = connection;
    this.#ended = ended;
    this.id = id;
    this.ch = ch;
  }

  writable(): boolean {
    return this.#connection.writable();
  }

  subscribed(after: Cursor, head: number): void {
    const { id, ch } = this;
    this.#connection.send({ type: 'subscribed', id, ch, after: formatCursor(after), head });
  }

  deliver(bytes: Buffer): void {
    this.#connection.write(bytes);
  }

  live({ seq, prev }: { readonly seq: number; readonly prev: number }): void {
    this.#connection.send({ type: 'live', ch: this.ch, seq, prev });
  }

  pos({ seq, prev }: { readonly seq: number; readonly prev: number }): void {
    this.#connection.send({ type: 'pos', ch: this.ch, seq, prev });
  }

  reset(reason: ResetReason, { epoch, floor, head }: LogBounds): void {
    this.#ended(this);
    this.#connection.send({ type: 'reset', id: this.id, reason, epoch, floor, head });
  }

  aborted(): void {
    this.#connection.bye(closeCodes.positionLost);
  }
}

/** The subscriptions of one session, by the ids that the client chose. */
export class SessionSubscriptions {
  readonly #connection: SessionConnection;
  readonly #context: Pick<LiveContext, 'fanOut' | 'timing'>;
  readonly #byId = new Map<string, SessionSubscription>();

  constructor(connection: SessionConnection, context: Pick<LiveContext, 'fanOut' | 'timing'>) {
    this.#connection = connection;
    this.#context = context;
  }

  /** @returns why the subscription is refused; null: it was created. */
  subscribe({ id, filters, after }: SubscribeRequest): ProtocolError | null {
    const ch = channelOf(filterKeyOf(filters));
    const error = this.#validate({ id, ch });
    if (error !== null) return error;
    const own = new SessionSubscription(this.#connection, { id, ch }, (ended) => this.#byId.delete(ended.id));
    // Register first: a `subscribed` or a `reset` may be sent before `subscribe` returns.
    this.#byId.set(id, own);
    own.subscription = this.#context.fanOut.subscribe({ filters, after, sink: own });
    return null;
  }

  unsubscribe(id: string): ProtocolError | null {
    const own = this.#byId.get(id);
    if (own === undefined) return protocolError(id, 'unknown_subscription', 'no subscription has this id');
    own.subscription?.close();
    this.#byId.delete(id);
    return null;
  }

  wake(): void {
    for (const { subscription } of this.#byId.values()) subscription?.wake();
  }

  sendPositions(): void {
    for (const { subscription } of this.#byId.values()) subscription?.sendPos();
  }

  end(): void {
    for (const { subscription } of this.#byId.values()) subscription?.close();
    this.#byId.clear();
  }

  #validate({ id, ch }: SubscriptionNames): ProtocolError | null {
    const max = this.#context.timing.maxSubscriptions;
    if (this.#byId.has(id)) return protocolError(id, 'duplicate_id', 'another subscription has this id');
    // The channel name is derived from the filter: two subscriptions with one filter would have the same name.
    const duplicate = [...this.#byId.values()].find((other) => other.ch === ch);
    if (duplicate !== undefined) return protocolError(id, 'duplicate_filter', `'${duplicate.id}' has the same filter`);
    if (this.#byId.size < max) return null;
    return protocolError(id, 'too_many_subscriptions', `a session has at most ${max} subscriptions`);
  }
}
