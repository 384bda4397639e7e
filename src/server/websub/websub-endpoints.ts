import type { Doorbell } from '../../push/doorbell.ts';
import type { LogTail } from '../../push/log/log-tail.ts';
import { createCallbackHandler } from '../../push/websub/callback-handler.ts';
import type { DeliveryOutcome } from '../../push/websub/content-distributor.ts';
import type { CallbackStore } from '../../push/websub/subscription-store.ts';
import type { Store } from '../../store/engine/store.ts';
import { savePush } from '../../store/websub/websub-inbox.ts';
import {
  bringPollForward,
  confirmSubscription,
  findSubscription,
  updateSubscription,
} from '../../store/websub/websub-subscriptions.ts';
import type { AppContext } from '../../web/shared/app-context.ts';
import { createTopicReader } from '../../web/syndication/topic-reader.ts';
import type { WebSubEndpoints } from '../../web/websub/websub-routes.ts';
import { type StartHubParts, startHub } from './start-hub.ts';

/** What the serving side gives to WebSub. */
export interface WebSubEndpointsParts extends Pick<StartHubParts, 'settings' | 'store' | 'clock' | 'log' | 'shutdown'> {
  /** Told of each attempt to deliver an output feed, for whoever counts. */
  onDelivery(outcome: DeliveryOutcome): void;
  /** Rung when a hub of a source has confirmed or pushed something. */
  readonly hubBell: Doorbell;
}

/** The callback's ports over the database. */
export function createCallbackStore(store: Store): CallbackStore {
  return {
    find: (callbackId) => findSubscription(store.reader, callbackId),
    confirm: (id, terms) => confirmSubscription(store, id, terms),
    update: (id, to) => updateSubscription(store, id, to),
    savePush: (push) => savePush(store, push),
    bringPollForward: (sourceRef, to) => bringPollForward(store, sourceRef, to),
  };
}

/**
 * Opens what answers below `/websub`, and starts the hub.
 *
 * @returns null without a public address: nobody outside could reach us, so there is no WebSub at all.
 */
export function createWebSubEndpoints(
  parts: WebSubEndpointsParts,
  tail: LogTail,
  appParts: AppContext,
): WebSubEndpoints | null {
  const { publicUrl } = parts.settings;
  if (publicUrl === null) return null;
  const { clock, log, store, hubBell } = parts;
  const hub = startHub({ ...parts, tail, publicUrl, document: createTopicReader(appParts) });
  const callbacks = createCallbackHandler({
    ...{ clock, log, random: Math.random },
    ports: createCallbackStore(store),
    wake: () => void hubBell.notify(0),
  });
  return { hub, callbacks };
}
