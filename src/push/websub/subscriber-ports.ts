import type {
  Agreement,
  HubSource,
  ReceivedPush,
  Subscription,
  Wishes,
} from '../../domain/websub/websub-subscription.ts';
import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';

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
