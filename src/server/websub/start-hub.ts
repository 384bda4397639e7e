import { setTimeout } from 'node:timers/promises';
import type { Settings } from '../../config/environment/environment.ts';
import type { LogBounds } from '../../domain/events/event.ts';
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

const maxIntervalMs = 60_000;
const stopGraceMs = 2000;
/** A document that many subscribers get is made once; it is never older than this. */
const keptMs = 1000;

/** The hub that our output feeds name; null: WebSub is off. */
export function advertisedHubUrl({ publicUrl, websubHub }: Pick<Settings, 'publicUrl' | 'websubHub'>): string | null {
  return publicUrl === null ? null : (websubHub ?? `${publicUrl}/websub/hub`);
}

/** The hub's ports over the database. */
export function createHubStore(store: Store, document: HubStore['document']): HubStore {
  return {
    document,
    putSubscriber: (subscriber) => putSubscriber(store, subscriber),
    isSubscribed: (key, nowMs) => isSubscribed(store.reader, key, nowMs),
    countSubscribers: (host) => countSubscribers(store.reader, host),
    removeSubscriber: (key) => removeSubscriber(store, key),
    removeExpired: (nowMs) => removeExpired(store, nowMs),
    subscribedTopics: (topics, nowMs) => subscribedTopics(store.reader, topics, nowMs),
    queuedPlace: () => readQueuedPosition(store.reader),
    queue: (change, times) => enqueueDeliveries(store, change, times),
    dueDeliveries: (nowMs, options) => readDueDeliveries(store.reader, nowMs, options),
    nextDeliveryMs: (exceptHosts) => nextDeliveryMs(store.reader, exceptHosts),
    claim: (claim) => claimDeliveries(store, claim),
    recordResult: (claimed, result, nowMs) => recordDeliveryResult(store, claimed, result, nowMs),
  };
}

/** Keeps a topic's document for the deliveries of one go, as long as the log stands where it stood. */
export function cacheDocuments(
  read: HubStore['document'],
  now: { readonly clock: Clock; head(): number },
): HubStore['document'] {
  const kept = new Map<string, { atMs: number; head: number; document: Promise<TopicDocument | null> }>();
  return (topic) => {
    const atMs = now.clock.monotonic();
    const head = now.head();
    const found = kept.get(topic);
    if (found !== undefined && found.head === head && found.atMs > atMs - keptMs) return found.document;
    for (const [name, one] of kept) if (one.atMs <= atMs - keptMs) kept.delete(name);
    const document = read(topic);
    kept.set(topic, { atMs, head, document });
    return document;
  };
}

/** What the running hub is made of. */
export interface StartHubParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly tail: LogTail;
  readonly publicUrl: string;
  document(topic: string): Promise<TopicDocument | null>;
  onDelivery(outcome: DeliveryOutcome): void;
}

/** The hub with its work under way. */
export function startHub(parts: StartHubParts): Pick<Hub, 'receive'> {
  const { settings, store, clock, log, shutdown, tail, publicUrl, onDelivery } = parts;
  const { allowPrivateNetworks, allowPrivateNetworksForAll, contactUrl, websubHub } = settings;
  const ownOrigins = [new URL(publicUrl).origin];
  const shared = {
    ...{ clock, ownOrigins, allowPrivateNetworks: allowPrivateNetworksForAll },
    contactUrl: contactUrl ?? publicUrl,
  };
  // Anybody may name a callback: a private network that is open to the operator's own hosts is not open to it.
  const client = createWebSubHttpClient({ ...shared, ports: callbackTcpPorts });
  const configured = { networks: allowPrivateNetworks, includes: serversOf(websubHub === null ? [] : [websubHub]) };
  // The operator has named it: it may listen wherever it likes.
  const pings = createWebSubHttpClient({ ...shared, configuredHosts: configured });
  const head = (): LogBounds => tail.bounds;
  const hub = createHub({
    ...{ clock, log, client, onDelivery, random: Math.random },
    ports: createHubStore(store, cacheDocuments(parts.document, { clock, head: () => head().head })),
    eventLog: {
      head,
      readAfter: async (seq) => tail.eventsAfter(seq) ?? (await tail.loadAfter(seq)).events,
    },
    publicUrl: () => publicUrl,
    wake: () => work.wake(),
    externalHub: websubHub === null ? null : { hub: websubHub, client: pings },
  });
  const work = repeat(() => hub.run(), { name: 'the work of the WebSub hub', log, maxIntervalMs });
  tail.onAdvance(() => work.wake());
  shutdown.onStop('WebSub hub', async () => {
    await work.stop();
    const stopped = hub.stop();
    // Who is slow now has his delivery after the next start.
    await Promise.race([stopped, setTimeout(stopGraceMs, undefined, { ref: false })]);
    await Promise.all([client.close(), pings.close()]);
    await stopped;
  });
  return hub;
}
