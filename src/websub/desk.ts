import type { LogTail } from '../push/log-tail.ts';
import type { DeliveryOutcome } from '../push/websub/distribution.ts';
import type { AppParts } from '../web/parts.ts';
import { createTopicReader } from '../web/syndication/topic-reader.ts';
import type { WebsubDesk } from '../web/websub/routes.ts';
import { type HubSideParts, startHub } from './hub.ts';

/** What the serving side gives to WebSub. */
export interface DeskParts extends Pick<HubSideParts, 'settings' | 'store' | 'clock' | 'log' | 'shutdown'> {
  /** Told of each attempt to deliver an output feed, for whoever counts. */
  onDelivery(outcome: DeliveryOutcome): void;
}

/**
 * Opens what answers below `/websub`, and starts the hub.
 *
 * @returns null without a public address: nobody outside could reach us, so there is no WebSub at all.
 */
export function openWebsub(parts: DeskParts, tail: LogTail, appParts: AppParts): WebsubDesk | null {
  const { publicUrl } = parts.settings;
  if (publicUrl === null) return null;
  const hub = startHub({ ...parts, tail, publicUrl, document: createTopicReader(appParts) });
  return { hub };
}
