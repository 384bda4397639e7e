import type { Doorbell } from '../../push/doorbell.ts';
import type { LogTail } from '../../push/log/log-tail.ts';
import { createCallbackHandler } from '../../push/websub/callback-handler.ts';
import type { DeliveryOutcome } from '../../push/websub/content-distributor.ts';
import type { CallbackStore } from '../../push/websub/subscription-store.ts';
import type { WebSubEndpoints } from '../../push/websub/websub-hub.ts';
import type { Store } from '../../store/engine/store.ts';
import { savePush } from '../../store/websub/websub-inbox.ts';
import {
  bringPollForward,
  confirmSubscription,
  findSubscription,
  updateSubscription,
} from '../../store/websub/websub-subscriptions.ts';
import type { AppContext } from '../../web/shared/app-context.ts';
import { createTopicReader } from '../../web/syndication/feed-routes.ts';
import { type StartHubParts, startHub } from './start-hub.ts';

export interface WebSubEndpointsParts extends Pick<StartHubParts, 'settings' | 'store' | 'clock' | 'log' | 'shutdown'> {
  /** Called with the outcome of each delivery attempt, for metrics. */
  onDelivery(outcome: DeliveryOutcome): void;
  /** Rung when a remote hub has confirmed or pushed something. */
  readonly hubDoorbell: Doorbell;
}

/** The store of the callback handler over the database. */
export function createCallbackStore(store: Store): CallbackStore {
  return {
    find: (callbackId) => findSubscription(store.reader, callbackId),
    confirm: (id, lease) => confirmSubscription(store, id, lease),
    update: (id, update) => updateSubscription(store, id, update),
    savePush: (push) => savePush(store, push),
    bringPollForward: (sourceRef, poll) => bringPollForward(store, sourceRef, poll),
  };
}

/**
 * Creates what handles the requests below `/websub`, and starts the hub.
 *
 * @returns null without a public URL: WebSub is off, since no hub and no subscriber could reach us.
 */
export function createWebSubEndpoints(
  parts: WebSubEndpointsParts,
  tail: LogTail,
  context: AppContext,
): WebSubEndpoints | null {
  const { publicUrl } = parts.settings;
  if (publicUrl === null) return null;
  const { clock, log, store, hubDoorbell } = parts;
  const hub = startHub({ ...parts, tail, publicUrl, document: createTopicReader(context) });
  const callbacks = createCallbackHandler({
    ...{ clock, log, random: Math.random },
    store: createCallbackStore(store),
    wake: () => void hubDoorbell.notify(0),
  });
  return { hub, callbacks };
}
