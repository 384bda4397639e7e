import { randomBytes } from 'node:crypto';
import { isMasked } from '../../domain/masking.ts';
import type {
  DesiredSubscription,
  HubSource,
  HubSubscription,
  SubscriptionDiff,
} from '../../domain/websub/websub-subscription.ts';

const maxHubsPerSource = 2;

type Target = Pick<DesiredSubscription, 'sourceRef' | 'hub' | 'topic'>;

/**
 * Compares the hubs that sources name with our subscriptions. A denied subscription to a named hub is kept: its hub is
 * asked again later.
 */
export function reconcile(
  sources: readonly HubSource[],
  current: readonly Pick<HubSubscription, 'id' | 'sourceRef' | 'hub' | 'topic' | 'state'>[],
): SubscriptionDiff {
  const missing = new Map(sources.flatMap(targetsOf).map((target) => [keyOf(target), target]));
  const remove: number[] = [];
  for (const subscription of current) {
    if (subscription.state === 'unsubscribing') continue;
    if (!missing.delete(keyOf(subscription))) remove.push(subscription.id);
  }
  return { add: [...missing.values()].map(toSubscription), remove };
}

function targetsOf({ ref, url, hubs, selfUrl }: HubSource): Target[] {
  const topic = isWeb(selfUrl) ? selfUrl : url;
  // A masked URL contains a secret, which no hub may learn.
  return isMasked(topic) ? [] : chooseHubs(hubs).map((hub) => ({ sourceRef: ref, hub, topic }));
}

/** At most two, those over https first. */
function chooseHubs(hubs: readonly string[]): string[] {
  const web = [...new Set(hubs)].filter(isWeb);
  const secure = web.filter((hub) => hub.startsWith('https:'));
  return [...secure, ...web.filter((hub) => !hub.startsWith('https:'))].slice(0, maxHubsPerSource);
}

function isWeb(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url) && URL.canParse(url);
}

function keyOf({ sourceRef, hub, topic }: Target): string {
  return JSON.stringify([sourceRef, hub, topic]);
}

function toSubscription(target: Target): DesiredSubscription {
  const callbackId = randomBytes(24).toString('base64url');
  return { ...target, callbackId, secret: target.hub.startsWith('https:') ? randomBytes(32).toString('hex') : null };
}
