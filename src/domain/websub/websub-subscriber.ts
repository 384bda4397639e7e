/** Identifies a subscription to our hub (WebSub §5.1: the pair of topic and callback is its key). */
export interface SubscriberKey {
  readonly topic: string;
  /** As given, byte for byte. */
  readonly callback: string;
}

/** A verified subscriber of our hub. */
export interface Subscriber extends SubscriberKey {
  /** Host and port of the callback. */
  readonly host: string;
  readonly secret: string | null;
  readonly verifiedMs: number;
  readonly leaseUntilMs: number;
}

/** A delivery that this process may attempt once. */
export interface ClaimedDelivery extends SubscriberKey {
  readonly id: number;
  readonly leaseToken: string;
  /** Raised by each change of the topic, so that a change during the attempt is noticed. */
  readonly generation: number;
  /** Failed attempts so far. */
  readonly attempts: number;
  readonly expiresMs: number;
  readonly host: string;
  readonly secret: string | null;
  /** Tag of the content that the subscriber has; null: it has none yet. */
  readonly deliveredTag: string | null;
}

/** When the deliveries of a change are attempted. */
export interface DeliveryTiming {
  readonly nowMs: number;
  /** Delay of the first attempt: changes within it are delivered together. */
  readonly batchWindowMs: number;
  /** Least time between two deliveries to one subscriber. */
  readonly minIntervalMs: number;
  /** Age at which a delivery is dropped; the next change queues a new one. */
  readonly expireAfterMs: number;
}

/** The result of an attempt. */
export type DeliveryResult =
  /** The subscriber has the content of this tag, from this attempt or an earlier one. */
  | { readonly kind: 'current'; readonly tag: string; readonly minIntervalMs: number }
  /** To be retried; null: dropped until the next change. */
  | { readonly kind: 'failed'; readonly retryMs: number | null }
  | { readonly kind: 'ended' };
