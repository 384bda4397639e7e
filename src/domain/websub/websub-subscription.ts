import type { HubTrust, SubscriptionState } from './websub-topics.ts';

/** A source that names hubs. */
export interface HubSource {
  readonly ref: number;
  /** The URL that is polled; also the topic if the source gives no self URL. */
  readonly url: string;
  readonly hubs: readonly string[];
  readonly selfUrl: string | null;
}

/** A subscription that should exist at a hub. */
export interface DesiredSubscription {
  /** 192 random bits. Knowledge of it is what authorises a push. */
  readonly callbackId: string;
  readonly sourceRef: number;
  readonly hub: string;
  readonly topic: string;
  /** Null: the hub is not reached over https, so that a secret would be sent in the clear. */
  readonly secret: string | null;
}

/** The changes that make the stored subscriptions match what the sources name. */
export interface SubscriptionDiff {
  readonly add: readonly DesiredSubscription[];
  /** Ids of subscriptions to end. */
  readonly remove: readonly number[];
}

/** Our subscription to a topic of a remote hub. */
export interface HubSubscription extends DesiredSubscription {
  readonly id: number;
  readonly sourceId: string;
  readonly state: SubscriptionState;
  readonly requestedMs: number | null;
  readonly confirmedMs: number | null;
  readonly leaseUntilMs: number | null;
  readonly nextAttemptMs: number;
  readonly failures: number;
  readonly trust: HubTrust;
}

/** A change of a subscription; absent members keep their value. */
export interface SubscriptionUpdate {
  readonly state?: SubscriptionState;
  readonly nextAttemptMs?: number;
  readonly detail?: string;
  readonly trust?: HubTrust;
}

/** The lease that a hub has granted. */
export interface LeaseTerms {
  readonly leaseUntilMs: number;
  readonly renewMs: number;
}

/** A content distribution request of a remote hub. */
export interface ReceivedPush {
  readonly subscriptionId: number;
  readonly receivedMs: number;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  /** The raw bytes, not decoded. */
  readonly body: Uint8Array;
}

/** How a hub did against polling, over the items that a source published since the last evaluation. */
export interface HubEvaluation {
  readonly sourceRef: number;
  readonly sourceId: string;
  readonly hub: string;
  /** Items that the hub never delivered. */
  readonly missed: number;
  /** Whether the hub was trusted before. */
  readonly wasTrusted: boolean;
}
