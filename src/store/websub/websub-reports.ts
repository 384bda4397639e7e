import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';
import type { Db } from '../engine/engine.ts';

/** A subscription of ours and the counts of its hub, as shown to the operator. Without secret and callback. */
export interface HubReport {
  readonly sourceId: string;
  readonly hub: string;
  readonly topic: string;
  readonly state: SubscriptionState;
  readonly trust: HubTrust;
  readonly leaseUntilMs: number | null;
  readonly nextAttemptMs: number;
  readonly lastPushMs: number | null;
  readonly pushes: number;
  /** Items that came by push first, by poll first, and never by push. */
  readonly pushedFirst: number;
  readonly polledFirst: number;
  readonly missed: number;
  readonly detail: string | null;
}

/** Our subscriptions at remote hubs, without those that have ended. */
export async function readHubReports(db: Db): Promise<HubReport[]> {
  return db
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .select(['source.id as sourceId', 'hub', 'topic', 'state', 'trust', 'pushes', 'missed', 'detail'])
    .select(['lease_until_ms as leaseUntilMs', 'websub_subscription.next_attempt_ms as nextAttemptMs'])
    .select(['last_push_ms as lastPushMs', 'pushed_first as pushedFirst', 'polled_first as polledFirst'])
    .where('state', '!=', 'unsubscribed')
    .orderBy('websub_subscription.id')
    .execute();
}
