import type { Cursor, LogBounds, LogEvent } from '../../domain/events/event.ts';
import type {
  ClaimedDelivery,
  DeliveryTiming,
  Subscriber,
  SubscriberKey,
} from '../../domain/websub/websub-subscriber.ts';

/** A topic's document, just as it is served to whoever asks. */
export interface TopicDocument {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** The Link header. */
  readonly link: string;
  /** The address that it gives itself. */
  readonly self: string;
  /** Equal for equal bytes. */
  readonly tag: string;
}

/** What an attempt came to. */
export type DeliveryResult =
  | { readonly kind: 'done'; readonly tag: string; readonly paceMs: number }
  | { readonly kind: 'failed'; readonly retryMs: number | null }
  | { readonly kind: 'over' };

/** What the hub asks of the database and of the web. */
export interface HubStore {
  /** Null: there is no such feed. */
  document(topic: string): Promise<TopicDocument | null>;
  /** Keeps a subscriber; a new one is to have the present document. True: it is new. */
  putSubscriber(subscriber: Subscriber): Promise<boolean>;
  isSubscribed(key: SubscriberKey, nowMs: number): Promise<boolean>;
  /** Subscriptions whose callback is at a host. */
  countSubscribers(host: string): Promise<number>;
  removeSubscriber(key: SubscriberKey): Promise<void>;
  /** Ends what has outlived its lease. */
  removeExpired(nowMs: number): Promise<void>;
  /** Those of these topics that somebody is subscribed to; null: of all. */
  subscribedTopics(topics: readonly string[] | null, nowMs: number): Promise<readonly string[]>;
  /** How far in the log changes have been queued; null: never. */
  queuedPlace(): Promise<Cursor | null>;
  /** Queues a delivery to each subscriber of the topics, and keeps the place with it. */
  queue(change: { readonly topics: readonly string[]; readonly place: Cursor }, times: DeliveryTiming): Promise<void>;
  dueDeliveries(
    nowMs: number,
    options: { readonly limit: number; readonly exceptHosts: readonly string[] },
  ): Promise<readonly { readonly id: number; readonly host: string }[]>;
  nextDeliveryMs(exceptHosts: readonly string[]): Promise<number | null>;
  claim(claim: {
    readonly ids: readonly number[];
    readonly nowMs: number;
    readonly leaseMs: number;
  }): Promise<readonly ClaimedDelivery[]>;
  recordResult(claimed: ClaimedDelivery, result: DeliveryResult, nowMs: number): Promise<void>;
}

/** The log as the hub reads it. */
export interface HubEventLog {
  /** Where this node stands in it. */
  head(): LogBounds;
  /** What follows a place, oldest first; empty when retention took it or there is nothing. */
  readAfter(seq: number): Promise<readonly LogEvent[]>;
}
