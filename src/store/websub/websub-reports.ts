import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';
import type { Db } from '../engine/engine.ts';

/** A subscription of ours and what its hub has been worth: what an operator may see. No secret and no callback. */
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
  /** Items that a push brought before a poll saw them, the other way about, and not at all. */
  readonly pushedFirst: number;
  readonly polledFirst: number;
  readonly missed: number;
  readonly detail: string | null;
}

/** How our subscriptions at hubs stand, those that have ended apart. */
export async function readHubReports(db: Db): Promise<HubReport[]> {
  return db
    .selectFrom('websub_subscription')
    .innerJoin('source', 'source.ref', 'websub_subscription.source_ref')
    .select(['source.id as sourceId', 'hub', 'topic', 'state', 'trust', 'pushes', 'missed', 'detail'])
    .select(['lease_until_ms as leaseUntilMs', 'websub_subscription.next_attempt_ms as nextAttemptMs'])
    .select(['last_push_ms as lastPushMs', 'pushed_first as pushedFirst', 'polled_first as polledFirst'])
    .where('state', '!=', 'dropped')
    .orderBy('websub_subscription.id')
    .execute();
}
