import { setTimeout } from 'node:timers/promises';
import type { Settings } from '../../config/environment/environment.ts';
import { minuteMs, secondMs } from '../../domain/durations.ts';
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

const stopGraceMs = 2 * secondMs;
const subscribeEveryMs = minuteMs;
/** Finds pushes that another process received. */
const readEveryMs = 5 * secondMs;
/** For sources with a trusted hub, whose polls only find what the hub missed. */
const trustedIntervalMultiplier = 4;

/** The URL of a callback, below PUBLIC_URL. */
export function callbackUrl(publicUrl: string, callbackId: string): string {
  return `${publicUrl}/websub/callback/${callbackId}`;
}

/** The store of the subscription manager over the database. */
export function createSubscriptionStore(store: Store): SubscriptionStore {
  return {
    hubSources: () => readHubSources(store.reader),
    subscriptions: () => readSubscriptions(store.reader),
    applyDiff: (diff, nowMs) => applySubscriptionDiff(store, diff, nowMs),
    markRequested: (id, times) => markRequested(store, id, times),
    update: (id, update) => updateSubscription(store, id, update),
    evaluateHubs: (times) => evaluateHubs(store, times),
    deleteUnsubscribed: (beforeMs) => deleteUnsubscribed(store, beforeMs),
    bringPollForward: (sourceRef, poll) => bringPollForward(store, sourceRef, poll),
  };
}

export interface StartSubscriberParts extends PushReaderParts {
  readonly settings: Settings;
  readonly shutdown: Shutdown;
  readonly publicUrl: string;
  /** Whether the operator has declared a source or webhook at this host and port. */
  isConfigured(target: Target): boolean;
  /** Rung when a remote hub has confirmed or pushed something. */
  readonly hubDoorbell: Doorbell;
}

/** The subscriber as polling uses it. */
export interface HubSubscriber {
  /** To be called after a poll: the source may name other hubs now. */
  wake(): void;
  /** Factor of a source's adaptive interval, at least 1. */
  intervalMultiplier(sourceId: string): number;
}

/** The subscriber without a public URL: WebSub is off. */
export const disabledHubSubscriber: HubSubscriber = { wake() {}, intervalMultiplier: () => 1 };

/** Starts to subscribe where sources name hubs, and to read what the hubs push. */
export async function startSubscriber(parts: StartSubscriberParts): Promise<HubSubscriber> {
  const { settings, store, clock, log, publicUrl, onSourceDue } = parts;
  const client = createWebSubHttpClient({
    ...{ clock, ownOrigins: [new URL(publicUrl).origin], contactUrl: settings.contactUrl ?? publicUrl },
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: parts.isConfigured },
  });
  await renewIfMoved(store, publicUrl, clock.now());

  let trusted: ReadonlySet<string> = new Set();
  const readTrust = async (): Promise<void> => {
    trusted = new Set(await trustedSources(store.reader, clock.now()));
  };
  const manager = createSubscriptionManager({
    ...{ clock, log, client, onSourceDue, random: Math.random },
    store: createSubscriptionStore(store),
    callbackUrl: (callbackId) => callbackUrl(publicUrl, callbackId),
  });
  const readPushes = createPushReader(parts);
  const subscribing = repeat(
    async () => {
      await manager.run();
      await readTrust();
      return null;
    },
    { name: 'subscribing at hubs', log, maxIntervalMs: subscribeEveryMs },
  );
  const reading = repeat(
    async () => {
      if ((await readPushes()) > 0) await readTrust();
      return null;
    },
    { name: 'reading pushes', log, maxIntervalMs: readEveryMs },
  );
  const unlisten = parts.hubDoorbell.listen(() => {
    reading.wake();
    onSourceDue();
  });
  parts.shutdown.onStop('WebSub subscriber', async () => {
    unlisten();
    manager.stop();
    const stopped = Promise.all([subscribing.stop(), reading.stop()]);
    await Promise.race([stopped, setTimeout(stopGraceMs, undefined, { ref: false })]);
    await client.close();
    await stopped;
  });
  return {
    wake: () => subscribing.wake(),
    intervalMultiplier: (sourceId) => (trusted.has(sourceId) ? trustedIntervalMultiplier : 1),
  };
}

/** Hubs call us back below our public URL: once it has changed, every subscription is renewed. */
async function renewIfMoved(store: Store, publicUrl: string, nowMs: number): Promise<void> {
  const name = 'websub public url';
  if ((await getOrCreateSetting(store, name, () => publicUrl)) === publicUrl) return;
  await renewAllSubscriptions(store, nowMs);
  await store.write((tx) => writeSetting(tx, name, publicUrl));
}
