import type { HubTrust, SubscriptionState } from '../../domain/websub.ts';
import type { HubSource, Wishes } from './wishes.ts';

/** A subscription of ours. */
export interface Subscription {
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

/** A change of how a subscription stands. */
export interface Move {
  readonly state?: SubscriptionState;
  readonly nextAttemptMs?: number;
  readonly detail?: string;
  readonly trust?: HubTrust;
}

/** What a hub is found to be worth. */
export interface Verdict {
  readonly sourceRef: number;
  readonly sourceId: string;
  readonly hub: string;
  readonly missed: number;
  readonly wasTrusted: boolean;
}

/** What the subscriber asks of the database. */
export interface SubscriberPorts {
  hubSources(): Promise<readonly HubSource[]>;
  /** All that have not been dropped. */
  subscriptions(): Promise<readonly Subscription[]>;
  apply(wishes: Wishes, nowMs: number): Promise<void>;
  /** Committed before the hub is asked: it may verify before it answers. */
  markRequested(id: number, times: { readonly nowMs: number; readonly nextAttemptMs: number }): Promise<void>;
  move(id: number, to: Move): Promise<void>;
  judge(times: { readonly nowMs: number; readonly graceMs: number }): Promise<readonly Verdict[]>;
  forgetDropped(beforeMs: number): Promise<void>;
  bringForward(
    sourceRef: number,
    to: { readonly atMs: number; readonly nowMs: number; readonly why: string },
  ): Promise<void>;
}

/** What a hub has agreed to. */
export interface Agreement {
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

/** What the callback asks of the database. */
export interface CallbackPorts {
  find(callbackId: string): Promise<Subscription | null>;
  /** True: it was not in force before. */
  confirm(id: number, terms: Agreement): Promise<boolean>;
  move(id: number, to: Move): Promise<void>;
  /** False: too much of it waits already. */
  keep(push: ReceivedPush): Promise<boolean>;
  bringForward: SubscriberPorts['bringForward'];
}
