import { randomBytes } from 'node:crypto';
import { isMasked } from '../../domain/masking.ts';
import type { DesiredSubscription, HubSource, SubscriptionDiff } from '../../domain/websub/websub-subscription.ts';

const mostHubs = 2;

/** A subscription that stands, as far as wishes are concerned. */
export interface CurrentSubscription {
  readonly id: number;
  readonly sourceRef: number;
  readonly hub: string;
  readonly topic: string;
  readonly state: string;
}

/** Compares what sources name with what stands. A hub that has denied us is left standing: it is asked again some day. */
export function reconcile(sources: readonly HubSource[], standing: readonly CurrentSubscription[]): SubscriptionDiff {
  const wanted = new Map<string, Omit<DesiredSubscription, 'callbackId' | 'secret'>>();
  for (const { ref, url, hubs, selfUrl } of sources) {
    const topic = isWeb(selfUrl) ? selfUrl : url;
    // Its true name is not for hubs.
    if (isMasked(topic)) continue;
    for (const hub of chooseHubs(hubs))
      wanted.set(keyOf({ sourceRef: ref, hub, topic }), { sourceRef: ref, hub, topic });
  }
  const drop: number[] = [];
  for (const one of standing) {
    if (one.state === 'dropping') continue;
    if (!wanted.delete(keyOf(one))) drop.push(one.id);
  }
  return { add: [...wanted.values()].map(toWish), drop };
}

/** At most two, those over https first. */
function chooseHubs(hubs: readonly string[]): string[] {
  const web = [...new Set(hubs)].filter(isWeb);
  const secure = web.filter((hub) => hub.startsWith('https:'));
  return [...secure, ...web.filter((hub) => !hub.startsWith('https:'))].slice(0, mostHubs);
}

function isWeb(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url) && URL.canParse(url);
}

function keyOf({ sourceRef, hub, topic }: Pick<DesiredSubscription, 'sourceRef' | 'hub' | 'topic'>): string {
  return JSON.stringify([sourceRef, hub, topic]);
}

function toWish(wanted: Omit<DesiredSubscription, 'callbackId' | 'secret'>): DesiredSubscription {
  const callbackId = randomBytes(24).toString('base64url');
  return { ...wanted, callbackId, secret: wanted.hub.startsWith('https:') ? randomBytes(32).toString('hex') : null };
}
