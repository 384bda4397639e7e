/** A subscriber and what it is about. */
export interface SubscriberKey {
  readonly topic: string;
  /** As given, byte for byte. */
  readonly callback: string;
}

/** A subscriber that was verified. */
export interface Subscriber extends SubscriberKey {
  readonly host: string;
  readonly secret: string | null;
  readonly verifiedMs: number;
  readonly leaseUntilMs: number;
}

/** The right to make one attempt at a delivery. */
export interface ClaimedDelivery extends SubscriberKey {
  readonly id: number;
  readonly token: string;
  readonly generation: number;
  /** Attempts that failed before. */
  readonly attempts: number;
  readonly expiresMs: number;
  readonly host: string;
  readonly secret: string | null;
  /** Of what the subscriber has; null: nothing yet. */
  readonly deliveredTag: string | null;
}

/** How long a delivery is tried, and how soon after the last one. */
export interface DeliveryTiming {
  readonly nowMs: number;
  /** From the change to the first attempt: what comes in one go is delivered in one. */
  readonly settleMs: number;
  /** Between two deliveries to one subscriber. */
  readonly paceMs: number;
  /** After this long a delivery is given up; the next change is another. */
  readonly withinMs: number;
}
