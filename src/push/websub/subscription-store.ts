import type {
  ConfirmedLease,
  HubSource,
  HubSubscription,
  ReceivedPush,
  SubscriptionDiff,
} from '../../domain/websub/websub-subscription.ts';
import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';

/** A change of how a subscription stands. */
export interface SubscriptionUpdate {
  readonly state?: SubscriptionState;
  readonly nextAttemptMs?: number;
  readonly detail?: string;
  readonly trust?: HubTrust;
}

/** What a hub is found to be worth. */
export interface HubEvaluation {
  readonly sourceRef: number;
  readonly sourceId: string;
  readonly hub: string;
  readonly missed: number;
  readonly wasTrusted: boolean;
}

/** What the subscriber asks of the database. */
export interface SubscriptionStore {
  hubSources(): Promise<readonly HubSource[]>;
  /** All that have not been dropped. */
  subscriptions(): Promise<readonly HubSubscription[]>;
  applyDiff(wishes: SubscriptionDiff, nowMs: number): Promise<void>;
  /** Committed before the hub is asked: it may verify before it answers. */
  markRequested(id: number, times: { readonly nowMs: number; readonly nextAttemptMs: number }): Promise<void>;
  update(id: number, to: SubscriptionUpdate): Promise<void>;
  evaluateHubs(times: { readonly nowMs: number; readonly graceMs: number }): Promise<readonly HubEvaluation[]>;
  deleteUnsubscribed(beforeMs: number): Promise<void>;
  bringPollForward(
    sourceRef: number,
    to: { readonly atMs: number; readonly nowMs: number; readonly why: string },
  ): Promise<void>;
}

/** What the callback asks of the database. */
export interface CallbackStore {
  find(callbackId: string): Promise<HubSubscription | null>;
  /** True: it was not in force before. */
  confirm(id: number, terms: ConfirmedLease): Promise<boolean>;
  update(id: number, to: SubscriptionUpdate): Promise<void>;
  /** False: too much of it waits already. */
  savePush(push: ReceivedPush): Promise<boolean>;
  bringPollForward: SubscriptionStore['bringPollForward'];
}
