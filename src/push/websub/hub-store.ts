import type { Cursor, LogBounds, LogEvent } from '../../domain/events/event.ts';
import type {
  ClaimedDelivery,
  DeliveryResult,
  DeliveryTiming,
  Subscriber,
  SubscriberKey,
} from '../../domain/websub/websub-subscriber.ts';

/** A topic's document, exactly as a GET of the topic returns it. */
export interface TopicDocument {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly link: string;
  readonly self: string;
  /** Equal for equal bytes. */
  readonly tag: string;
}

/** What the hub reads and writes: its tables, and the documents of its topics. */
export interface HubStore {
  /** The current document of a topic; null: there is no such feed. */
  document(topic: string): Promise<TopicDocument | null>;
  /** Stores a subscriber, and queues the current document for a new one. @returns whether it is new. */
  putSubscriber(subscriber: Subscriber): Promise<boolean>;
  isSubscribed(key: SubscriberKey, nowMs: number): Promise<boolean>;
  /** Number of subscriptions whose callback is at a host. */
  countSubscribers(host: string): Promise<number>;
  removeSubscriber(key: SubscriberKey): Promise<void>;
  removeExpired(nowMs: number): Promise<void>;
  /** Those of these topics that have a subscriber. @param topics null: all. */
  subscribedTopics(topics: readonly string[] | null, nowMs: number): Promise<readonly string[]>;
  /** Position in the event log up to which changes have been queued; null: none ever was. */
  queuedPosition(): Promise<Cursor | null>;
  /** Queues a delivery to each subscriber of the topics and stores the position, in one transaction. */
  enqueueDeliveries(
    change: { readonly topics: readonly string[]; readonly position: Cursor },
    timing: DeliveryTiming,
  ): Promise<void>;
  dueDeliveries(
    nowMs: number,
    options: { readonly limit: number; readonly exceptHosts: readonly string[] },
  ): Promise<readonly { readonly id: number; readonly host: string }[]>;
  nextDeliveryMs(exceptHosts: readonly string[]): Promise<number | null>;
  /** Leases deliveries to this process. Those that another process holds, or that are over, are left out. */
  claim(claim: {
    readonly ids: readonly number[];
    readonly nowMs: number;
    readonly leaseMs: number;
  }): Promise<readonly ClaimedDelivery[]>;
  recordResult(delivery: ClaimedDelivery, result: DeliveryResult, nowMs: number): Promise<void>;
}

/** The event log as the hub reads it. */
export interface HubEventLog {
  /** The part of the log that this process has read. */
  head(): LogBounds;
  /** Events after a position, oldest first; empty if there are none or retention has removed them. */
  readAfter(seq: number): Promise<readonly LogEvent[]>;
}
