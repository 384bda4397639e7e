import type { HubTrust, SubscriptionState } from './websub-topics.ts';

/** A source that names hubs. */
export interface HubSource {
  readonly ref: number;
  /** Where it is read from: the topic, when the source does not say what it calls itself. */
  readonly url: string;
  readonly hubs: readonly string[];
  readonly selfUrl: string | null;
}

/** A subscription to be asked for. */
export interface DesiredSubscription {
  /** Of 192 random bits: whoever knows it may push to it. */
  readonly callbackId: string;
  readonly sourceRef: number;
  readonly hub: string;
  readonly topic: string;
  /** Null: the hub could only be told it in the clear. */
  readonly secret: string | null;
}

/** What has to change so that we are subscribed where sources say, and nowhere else. */
export interface SubscriptionDiff {
  readonly add: readonly DesiredSubscription[];
  readonly drop: readonly number[];
}

/** A subscription of ours. */
export interface HubSubscription {
  readonly id: number;
  readonly callbackId: string;
  readonly sourceRef: number;
  readonly sourceId: string;
  readonly hub: string;
  readonly topic: string;
  readonly secret: string | null;
  readonly state: SubscriptionState;
  readonly requestedMs: number | null;
  readonly confirmedMs: number | null;
  readonly leaseUntilMs: number | null;
  readonly nextAttemptMs: number;
  readonly failures: number;
  readonly trust: HubTrust;
}

/** What a hub has agreed to. */
export interface ConfirmedLease {
  readonly nowMs: number;
  readonly leaseUntilMs: number;
  readonly renewMs: number;
}

/** What a hub has sent. */
export interface ReceivedPush {
  readonly subscriptionId: number;
  readonly receivedMs: number;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  /** Raw bytes. */
  readonly body: Uint8Array;
}
