import { setTimeout } from 'node:timers/promises';
import type { Settings } from '../../config/environment/environment.ts';
import type { Target } from '../../fetch/client/address-guard.ts';
import type { Doorbell } from '../../push/doorbell.ts';
import { createSubscriptionManager } from '../../push/websub/subscription-manager.ts';
import type { SubscriptionStore } from '../../push/websub/subscription-store.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';
import type { Store } from '../../store/engine/store.ts';
import { getOrCreateSetting, writeSetting } from '../../store/stored-settings.ts';
import {
  applySubscriptionDiff,
  bringPollForward,
  deleteUnsubscribed,
  markRequested,
  readHubSources,
  readSubscriptions,
  renewAllSubscriptions,
  updateSubscription,
} from '../../store/websub/websub-subscriptions.ts';
import { evaluateHubs, trustedSources } from '../../store/websub/websub-trust.ts';
import { createPushReader, type PushReaderParts } from './push-reader.ts';
import { createWebSubHttpClient } from './websub-http-client.ts';

const stopGraceMs = 2000;
const subscribeEveryMs = 60_000;
/** A push that came to another process is found by then. */
const readEveryMs = 5000;
/** Adaptive intervals of sources whose hub is trusted: polls are only a net under it. */
const trustedStretch = 4;

/** Where hubs reach us below PUBLIC_URL. */
export function callbackUrl(publicUrl: string, callbackId: string): string {
  return `${publicUrl}/websub/callback/${callbackId}`;
}

/** The subscriber's ports over the database. */
export function createSubscriptionStore(store: Store): SubscriptionStore {
  return {
    hubSources: () => readHubSources(store.reader),
    subscriptions: () => readSubscriptions(store.reader),
    applyDiff: (wishes, nowMs) => applySubscriptionDiff(store, wishes, nowMs),
    markRequested: (id, times) => markRequested(store, id, times),
    update: (id, to) => updateSubscription(store, id, to),
    evaluateHubs: (times) => evaluateHubs(store, times),
    deleteUnsubscribed: (beforeMs) => deleteUnsubscribed(store, beforeMs),
    bringPollForward: (sourceRef, to) => bringPollForward(store, sourceRef, to),
  };
}

/** What the running subscriber is made of. */
export interface StartSubscriberParts extends PushReaderParts {
  readonly settings: Settings;
  readonly shutdown: Shutdown;
  readonly publicUrl: string;
  /** Whether the operator declared something at this host. */
  isConfigured(target: Target): boolean;
  /** Rung when a hub has confirmed or pushed something. */
  readonly hubBell: Doorbell;
}

/** What polling asks of it. */
export interface HubSubscriber {
  /** A source was read, and may name other hubs now. */
  wake(): void;
  /** Factor on a source's adaptive interval. */
  intervalMultiplier(sourceId: string): number;
}

/** Without a public address there are no hubs. */
export const disabledHubSubscriber: HubSubscriber = { wake() {}, intervalMultiplier: () => 1 };

/** Subscribes where sources name hubs, and reads what the hubs push. */
export async function startSubscriber(parts: StartSubscriberParts): Promise<HubSubscriber> {
  const { settings, store, clock, log, shutdown, publicUrl, onSourceDue } = parts;
  const { contactUrl } = settings;
  const ownOrigins = [new URL(publicUrl).origin];
  const client = createWebSubHttpClient({
    ...{ clock, ownOrigins, contactUrl: contactUrl ?? publicUrl },
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: parts.isConfigured },
  });
  await noteAddress(store, publicUrl, clock.now());

  let trusted: ReadonlySet<string> = new Set();
  const look = async (): Promise<void> => {
    trusted = new Set(await trustedSources(store.reader, clock.now()));
  };
  const subscriber = createSubscriptionManager({
    ...{ clock, log, client, onSourceDue, random: Math.random },
    ports: createSubscriptionStore(store),
    callbackUrl: (callbackId) => callbackUrl(publicUrl, callbackId),
  });
  const readPushes = createPushReader(parts);
  const subscribing = repeat(
    async () => {
      await subscriber.run();
      await look();
      return null;
    },
    { name: 'subscribing at hubs', log, maxIntervalMs: subscribeEveryMs },
  );
  const reading = repeat(
    async () => {
      if ((await readPushes()) > 0) await look();
      return null;
    },
    { name: 'reading pushes', log, maxIntervalMs: readEveryMs },
  );
  const deafen = parts.hubBell.listen(() => {
    reading.wake();
    onSourceDue();
  });
  shutdown.onStop('WebSub subscriber', async () => {
    deafen();
    subscriber.stop();
    const stopped = Promise.all([subscribing.stop(), reading.stop()]);
    await Promise.race([stopped, setTimeout(stopGraceMs, undefined, { ref: false })]);
    await client.close();
    await stopped;
  });
  return {
    wake: () => subscribing.wake(),
    intervalMultiplier: (sourceId) => (trusted.has(sourceId) ? trustedStretch : 1),
  };
}

/** Hubs know us by our address: when it has changed, every one of them is asked anew. */
async function noteAddress(store: Store, publicUrl: string, nowMs: number): Promise<void> {
  const name = 'websub address';
  if ((await getOrCreateSetting(store, name, () => publicUrl)) === publicUrl) return;
  await renewAllSubscriptions(store, nowMs);
  await writeSetting(store, name, publicUrl);
}
