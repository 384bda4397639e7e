import type { Doorbell } from '../../push/doorbell.ts';
import type { LogTail } from '../../push/log/log-tail.ts';
import type { DeliveryOutcome } from '../../push/websub/content-distribution.ts';
import type { CallbackPorts } from '../../push/websub/subscriber-ports.ts';
import { createCallbacks } from '../../push/websub/websub-callback.ts';
import type { Store } from '../../store/open.ts';
import { keepPush } from '../../store/websub/websub-inbox.ts';
import {
  bringForward,
  confirmSubscription,
  findSubscription,
  moveSubscription,
} from '../../store/websub/websub-subscriptions.ts';
import type { AppParts } from '../../web/shared/app-context.ts';
import { createTopicReader } from '../../web/syndication/topic-reader.ts';
import type { WebsubDesk } from '../../web/websub/websub-routes.ts';
import { type HubSideParts, startHub } from './start-hub.ts';

/** What the serving side gives to WebSub. */
export interface DeskParts extends Pick<HubSideParts, 'settings' | 'store' | 'clock' | 'log' | 'shutdown'> {
  /** Told of each attempt to deliver an output feed, for whoever counts. */
  onDelivery(outcome: DeliveryOutcome): void;
  /** Rung when a hub of a source has confirmed or pushed something. */
  readonly hubBell: Doorbell;
}

/** The callback's ports over the database. */
export function callbackPorts(store: Store): CallbackPorts {
  return {
    find: (callbackId) => findSubscription(store.reader, callbackId),
    confirm: (id, terms) => confirmSubscription(store, id, terms),
    move: (id, to) => moveSubscription(store, id, to),
    keep: (push) => keepPush(store, push),
    bringForward: (sourceRef, to) => bringForward(store, sourceRef, to),
  };
}

/**
 * Opens what answers below `/websub`, and starts the hub.
 *
 * @returns null without a public address: nobody outside could reach us, so there is no WebSub at all.
 */
export function openWebsub(parts: DeskParts, tail: LogTail, appParts: AppParts): WebsubDesk | null {
  const { publicUrl } = parts.settings;
  if (publicUrl === null) return null;
  const { clock, log, store, hubBell } = parts;
  const hub = startHub({ ...parts, tail, publicUrl, document: createTopicReader(appParts) });
  const callbacks = createCallbacks({
    ...{ clock, log, random: Math.random },
    ports: callbackPorts(store),
    wake: () => void hubBell.ring(0),
  });
  return { hub, callbacks };
}
