import type { HubReason } from '../../domain/polling/next-check-reason.ts';
import type {
  HubEvaluation,
  HubSource,
  HubSubscription,
  LeaseTerms,
  ReceivedPush,
  SubscriptionDiff,
  SubscriptionUpdate,
} from '../../domain/websub/websub-subscription.ts';

/** When a source is to be polled at the latest, and why. */
interface EarlierPoll {
  readonly atMs: number;
  readonly nowMs: number;
  readonly reason: HubReason;
}

/** What the subscription manager reads and writes. */
export interface SubscriptionStore {
  hubSources(): Promise<readonly HubSource[]>;
  /** All subscriptions that have not ended. */
  subscriptions(): Promise<readonly HubSubscription[]>;
  applyDiff(diff: SubscriptionDiff, nowMs: number): Promise<void>;
  /** Must be committed before the request is sent: the hub may verify before it answers. */
  markRequested(id: number, times: { readonly nowMs: number; readonly nextAttemptMs: number }): Promise<void>;
  update(id: number, update: SubscriptionUpdate): Promise<void>;
  /** @param times how long a hub may take to deliver an item that a poll has found. */
  evaluateHubs(times: { readonly nowMs: number; readonly graceMs: number }): Promise<readonly HubEvaluation[]>;
  deleteUnsubscribed(beforeMs: number): Promise<void>;
  bringPollForward(sourceRef: number, poll: EarlierPoll): Promise<void>;
}

export interface CallbackStore {
  find(callbackId: string): Promise<HubSubscription | null>;
  /** @returns whether the subscription was not active before. */
  confirm(id: number, lease: LeaseTerms & { readonly nowMs: number }): Promise<boolean>;
  update(id: number, update: SubscriptionUpdate): Promise<void>;
  /** @returns false: too many pushes of this subscription wait already. */
  savePush(push: ReceivedPush): Promise<boolean>;
  bringPollForward: SubscriptionStore['bringPollForward'];
}
