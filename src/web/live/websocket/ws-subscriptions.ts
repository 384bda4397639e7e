import { type Cursor, formatCursor, type LogBounds } from '../../../domain/events/event.ts';
import type { ResetReason, ServerMessage } from '../../../domain/events/wire.ts';
import { channelOf, filterKeyOf } from '../../../push/fanout/event-filter.ts';
import type { Sink, Subscription } from '../../../push/fanout/subscription.ts';
import { type ProtocolError, protocolError, type SubscribeRequest } from '../protocol/client-messages.ts';
import { type CloseCode, closeCodes } from '../protocol/close-codes.ts';
import type { LiveContext } from '../session/live-context.ts';
import { webSocketEncoding } from './ws-frame.ts';

/** What subscriptions need of their session. */
export interface SessionConnection {
  /** False while too much is unsent; the subscriptions are woken when it has drained. */
  writable(): boolean;
  write(frame: Buffer): void;
  send(message: ServerMessage): void;
  bye(close: CloseCode): void;
}

/** By which id a client knows a subscription, and by which name its frames go. */
interface Named {
  readonly id: string;
  readonly ch: string;
}

/** One subscription of a session: writes its part of the protocol. */
class SessionSubscription implements Sink {
  readonly encoding = webSocketEncoding;
  readonly id: string;
  readonly ch: string;
  subscription: Subscription | null = null;
  readonly #wire: SessionConnection;
  readonly #ended: (own: SessionSubscription) => void;

  constructor(wire: SessionConnection, { id, ch }: Named, ended: (own: SessionSubscription) => void) {
    this.#wire = wire;
    this.#ended = ended;
    this.id = id;
    this.ch = ch;
  }

  writable(): boolean {
    return this.#wire.writable();
  }

  subscribed(after: Cursor, head: number): void {
    const { id, ch } = this;
    this.#wire.send({ type: 'subscribed', id, ch, after: formatCursor(after), head });
  }

  deliver(bytes: Buffer): void {
    this.#wire.write(bytes);
  }

  live({ seq, prev }: { readonly seq: number; readonly prev: number }): void {
    this.#wire.send({ type: 'live', ch: this.ch, seq, prev });
  }

  pos({ seq, prev }: { readonly seq: number; readonly prev: number }): void {
    this.#wire.send({ type: 'pos', ch: this.ch, seq, prev });
  }

  reset(reason: ResetReason, { epoch, floor, head }: LogBounds): void {
    this.#ended(this);
    this.#wire.send({ type: 'reset', id: this.id, reason, epoch, floor, head });
  }

  aborted(): void {
    this.#wire.bye(closeCodes.positionLost);
  }
}

/** The subscriptions of one session, by the ids that its client gave them. */
export class SessionSubscriptions {
  readonly #wire: SessionConnection;
  readonly #parts: Pick<LiveContext, 'fanOut' | 'timing'>;
  readonly #byId = new Map<string, SessionSubscription>();

  constructor(wire: SessionConnection, parts: Pick<LiveContext, 'fanOut' | 'timing'>) {
    this.#wire = wire;
    this.#parts = parts;
  }

  /** @returns what is wrong with the request; null: it is under way. */
  subscribe({ id, filters, after }: SubscribeRequest): ProtocolError | null {
    const ch = channelOf(filterKeyOf(filters));
    const fault = this.#faultOf({ id, ch });
    if (fault !== null) return fault;
    const own = new SessionSubscription(this.#wire, { id, ch }, (ended) => this.#byId.delete(ended.id));
    // Registered first: the answer may come, and may be a reset, before `subscribe` returns.
    this.#byId.set(id, own);
    own.subscription = this.#parts.fanOut.subscribe({ filters, after, sink: own });
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

  #faultOf({ id, ch }: Named): ProtocolError | null {
    const most = this.#parts.timing.maxSubscriptions;
    if (this.#byId.has(id)) return protocolError(id, 'duplicate_id', 'this id has a subscription already');
    // Frames are named by their filter: two subscriptions with one filter could not be told apart.
    const twin = [...this.#byId.values()].find((other) => other.ch === ch);
    if (twin !== undefined) return protocolError(id, 'duplicate_filter', `'${twin.id}' has the same filter`);
    if (this.#byId.size < most) return null;
    return protocolError(id, 'too_many_subscriptions', `a session has at most ${most} subscriptions`);
  }
}
