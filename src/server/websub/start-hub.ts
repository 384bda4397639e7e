import { setTimeout } from 'node:timers/promises';
import type { Settings } from '../../config/environment/environment.ts';
import { minuteMs, secondMs } from '../../domain/durations.ts';
import { serversOf } from '../../fetch/client/address-guard.ts';
import type { LogTail } from '../../push/log/log-tail.ts';
import type { DeliveryOutcome } from '../../push/websub/content-distributor.ts';
import type { HubStore, TopicDocument } from '../../push/websub/hub-store.ts';
import { createHub, type Hub } from '../../push/websub/websub-hub.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';
import type { Store } from '../../store/engine/store.ts';
import {
  claimDeliveries,
  enqueueDeliveries,
  nextDeliveryMs,
  readDueDeliveries,
  readQueuedPosition,
  recordDeliveryResult,
} from '../../store/websub/websub-deliveries.ts';
import {
  countSubscribers,
  isSubscribed,
  putSubscriber,
  removeExpired,
  removeSubscriber,
  subscribedTopics,
} from '../../store/websub/websub-subscribers.ts';
import { callbackTcpPorts, createWebSubHttpClient } from './websub-http-client.ts';

const maxIntervalMs = minuteMs;
const stopGraceMs = 2 * secondMs;
/** A document that goes to many subscribers is rendered once and used for so long. */
const documentMaxAgeMs = secondMs;

/** The hub that our output feeds name; null: WebSub is off. */
export function advertisedHubUrl({ publicUrl, websubHub }: Pick<Settings, 'publicUrl' | 'websubHub'>): string | null {
  return publicUrl === null ? null : (websubHub ?? `${publicUrl}/websub/hub`);
}

/** The hub's store over the database. */
export function createHubStore(store: Store, document: HubStore['document']): HubStore {
  return {
    document,
    putSubscriber: (subscriber) => putSubscriber(store, subscriber),
    isSubscribed: (key, nowMs) => isSubscribed(store.reader, key, nowMs),
    countSubscribers: (host) => countSubscribers(store.reader, host),
    removeSubscriber: (key) => removeSubscriber(store, key),
    removeExpired: (nowMs) => removeExpired(store, nowMs),
    subscribedTopics: (topics, nowMs) => subscribedTopics(store.reader, topics, nowMs),
    queuedPosition: () => readQueuedPosition(store.reader),
    enqueueDeliveries: (change, timing) => enqueueDeliveries(store, change, timing),
    dueDeliveries: (nowMs, options) => readDueDeliveries(store.reader, nowMs, options),
    nextDeliveryMs: (exceptHosts) => nextDeliveryMs(store.reader, exceptHosts),
    claim: (claim) => claimDeliveries(store, claim),
    recordResult: (delivery, result, nowMs) => recordDeliveryResult(store, delivery, result, nowMs),
  };
}

/** Caches topic documents for deliveries that follow each other, as long as the head of the event log stays the same. */
export function cacheDocuments(
  read: HubStore['document'],
  now: { readonly clock: Clock; head(): number },
): HubStore['document'] {
  const cache = new Map<string, { atMs: number; head: number; document: Promise<TopicDocument | null> }>();
  return (topic) => {
    const atMs = now.clock.monotonic();
    const head = now.head();
    const cached = cache.get(topic);
    if (cached !== undefined && cached.head === head && cached.atMs > atMs - documentMaxAgeMs) return cached.document;
    for (const [name, entry] of cache) if (entry.atMs <= atMs - documentMaxAgeMs) cache.delete(name);
    const document = read(topic);
    cache.set(topic, { atMs, head, document });
    return document;
  };
}

export interface StartHubParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly tail: LogTail;
  readonly publicUrl: string;
  /** The current document of a topic; null: there is no such feed. */
  document(topic: string): Promise<TopicDocument | null>;
  onDelivery(outcome: DeliveryOutcome): void;
}

/** Starts the hub. */
export function startHub(parts: StartHubParts): Pick<Hub, 'receive'> {
  const { settings, store, clock, log, shutdown, tail, publicUrl, onDelivery } = parts;
  const { client, externalClient } = createClients(parts);
  const hub = createHub({
    ...{ clock, log, client, onDelivery, publicUrl, random: Math.random },
    store: createHubStore(store, cacheDocuments(parts.document, { clock, head: () => tail.bounds.head })),
    eventLog: {
      head: () => tail.bounds,
      readAfter: async (seq) => tail.eventsAfter(seq) ?? (await tail.loadAfter(seq)).events,
    },
    wake: () => work.wake(),
    externalHub: settings.websubHub === null ? null : { hub: settings.websubHub, client: externalClient },
  });
  const work = repeat(() => hub.run(), { name: 'the WebSub hub', log, maxIntervalMs });
  tail.onAdvance(() => work.wake());
  shutdown.onStop('WebSub hub', async () => {
    await work.stop();
    const stopped = hub.stop();
    // An interrupted delivery is repeated after the next start.
    await Promise.race([stopped, setTimeout(stopGraceMs, undefined, { ref: false })]);
    await Promise.all([client.close(), externalClient.close()]);
    await stopped;
  });
  return hub;
}

/** The client for callbacks, and the one for the external hub. */
function createClients({ settings, clock, publicUrl }: Pick<StartHubParts, 'settings' | 'clock' | 'publicUrl'>) {
  const { allowPrivateNetworks, allowPrivateNetworksForAll, contactUrl, websubHub } = settings;
  const shared = {
    ...{ clock, ownOrigins: [new URL(publicUrl).origin], allowPrivateNetworks: allowPrivateNetworksForAll },
    contactUrl: contactUrl ?? publicUrl,
  };
  const includes = serversOf(websubHub === null ? [] : [websubHub]);
  return {
    // Anybody may name a callback: networks that are open to the operator's own hosts are closed to callbacks.
    client: createWebSubHttpClient({ ...shared, ports: callbackTcpPorts }),
    // The operator has named this hub, so that every port is allowed.
    externalClient: createWebSubHttpClient({
      ...shared,
      configuredHosts: { networks: allowPrivateNetworks, includes },
    }),
  };
}
