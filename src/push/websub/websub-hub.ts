import { topicsAt } from '../../domain/websub/websub-topics.ts';
import { ContentDistributor, type ContentDistributorParts } from './content-distributor.ts';
import type { WebSubHttpClient } from './http-client-port.ts';
import { parseHubRequest } from './hub-request.ts';
import type { HubEventLog } from './hub-store.ts';
import { TopicWatcher } from './topic-watcher.ts';
import { Verifier } from './verifier.ts';
import { Publisher } from './websub-publisher.ts';

/** What the hub works with. */
export interface HubParts extends ContentDistributorParts {
  readonly eventLog: HubEventLog;
  publicUrl(): string;
  /** The hub of somebody else that serves our topics, and the way to it; null: we serve them. */
  readonly externalHub: { readonly hub: string; readonly client: WebSubHttpClient } | null;
}

/** What a request to the hub is answered with: 202 when it was taken on, else why not. */
export type HubResponse =
  | { readonly status: 202 | 400 | 429; readonly text: string }
  /** Another hub serves our topics. */
  | { readonly status: 307; readonly text: string; readonly location: string };

/** The hub of our own output feeds. It serves no other topics. */
export interface Hub {
  /**
   * Takes a request in. What comes of it is told to the callback.
   *
   * @param client by which requests that wait are counted; null: it is not limited.
   */
  receive(form: URLSearchParams, client: string | null): HubResponse;
  /** One round of work. @returns in how long to look again; null: nothing waits. */
  run(): Promise<number | null>;
  /** Resolves when no request to anybody is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts the hub together. It does nothing but take requests in before `run` is called. */
export function createHub(parts: HubParts): Hub {
  const verifier = new Verifier({ ...parts, onDeliveryQueued: () => parts.wake() });
  const distribution = new ContentDistributor(parts);
  const { clock, ports, publicUrl, externalHub } = parts;
  const publisher = externalHub === null ? null : new Publisher({ ...parts, ...externalHub });
  const onChanged = (topics: readonly string[]): void => publisher?.markChanged(topics);
  // What happened before this start may not have been told.
  onChanged(topicsAt(publicUrl(), ''));
  const watch = new TopicWatcher({ clock, eventLog: parts.eventLog, ports, publicUrl, onChanged });
  return {
    receive(form, client) {
      const request = parseHubRequest(form, parts.publicUrl());
      if (request.kind === 'refused') return { status: 400, text: request.reason };
      // Whatever changed, the log has told us already.
      if (request.kind === 'publish') return { status: 202, text: 'accepted' };
      // Who subscribed here once must still be able to leave.
      if (externalHub !== null && request.kind === 'subscribe') {
        return { status: 307, text: 'another hub serves this topic', location: externalHub.hub };
      }
      if (!verifier.enqueue(request, client))
        return { status: 429, text: 'too many requests are waiting; try again in a minute' };
      parts.wake();
      return { status: 202, text: 'accepted; the callback will be asked' };
    },
    async run() {
      const asksInMs = verifier.run();
      await watch.run();
      const deliversInMs = await distribution.run();
      const tellsInMs = (await publisher?.run()) ?? null;
      const waits = [asksInMs, deliversInMs, tellsInMs].filter((ms) => ms !== null);
      return waits.length === 0 ? null : Math.min(...waits);
    },
    async idle() {
      await verifier.idle();
      await distribution.idle();
    },
    async stop() {
      await Promise.all([verifier.stop(), distribution.stop()]);
    },
  };
}
