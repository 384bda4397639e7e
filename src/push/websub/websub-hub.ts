import { topicsAt } from '../../domain/websub/websub-topics.ts';
import type { CallbackHandler } from './callback-handler.ts';
import { ContentDistributor, type ContentDistributorParts } from './content-distributor.ts';
import type { WebSubHttpClient } from './http-client-port.ts';
import { parseHubRequest } from './hub-request.ts';
import type { HubEventLog } from './hub-store.ts';
import { TopicWatcher } from './topic-watcher.ts';
import { Verifier } from './verifier.ts';
import { Publisher } from './websub-publisher.ts';

export interface HubParts extends ContentDistributorParts {
  readonly eventLog: HubEventLog;
  readonly publicUrl: string;
  /** Another hub that serves our topics, and the client that reaches it; null: this hub serves them. */
  readonly externalHub: { readonly hub: string; readonly client: WebSubHttpClient } | null;
}

/** The response to a request: 202 if it was accepted, otherwise the reason. */
type HubResponse =
  | { readonly status: 202 | 400 | 429; readonly text: string }
  /** Another hub serves our topics. */
  | { readonly status: 307; readonly text: string; readonly location: string };

/** The hub of our own output feeds. It serves no other topics. */
export interface Hub {
  /**
   * Accepts a request. Its result is reported to the callback.
   *
   * @param client key by which queued requests are limited; null: no limit.
   */
  receive(form: URLSearchParams, client: string | null): HubResponse;
  /** Does what is due now. @returns milliseconds until the next run; null: nothing is queued. */
  run(): Promise<number | null>;
  /** Resolves when no outgoing request is running. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** What handles the requests below `/websub`. */
export interface WebSubEndpoints {
  readonly hub: Pick<Hub, 'receive'>;
  readonly callbacks: CallbackHandler;
}

/** Creates the hub. Before `run` is called it only accepts requests. */
export function createHub(parts: HubParts): Hub {
  const { clock, store, eventLog, publicUrl, externalHub, wake } = parts;
  const verifier = new Verifier({ ...parts, onDeliveryQueued: wake });
  const distributor = new ContentDistributor(parts);
  const publisher = externalHub === null ? null : new Publisher({ ...parts, ...externalHub });
  const onChanged = (topics: readonly string[]): void => publisher?.markChanged(topics);
  // The external hub may not have been notified of changes before this start.
  onChanged(topicsAt(publicUrl, ''));
  const watcher = new TopicWatcher({ clock, eventLog, store, publicUrl, onChanged });
  return {
    receive(form, client) {
      const request = parseHubRequest(form, publicUrl);
      if (request.kind === 'invalid') return { status: 400, text: request.reason };
      if (request.kind === 'publish') return { status: 202, text: 'accepted' };
      // Only new subscriptions: a subscriber of this hub must still be able to unsubscribe.
      if (externalHub !== null && request.kind === 'subscribe') {
        return { status: 307, text: 'another hub serves this topic', location: externalHub.hub };
      }
      if (!verifier.enqueue(request, client)) {
        return { status: 429, text: 'too many requests are waiting; try again in a minute' };
      }
      wake();
      return { status: 202, text: 'accepted; the callback will be verified' };
    },
    async run() {
      const verifyInMs = verifier.run();
      await watcher.run();
      const deliverInMs = await distributor.run();
      const publishInMs = (await publisher?.run()) ?? null;
      const waits = [verifyInMs, deliverInMs, publishInMs].filter((ms) => ms !== null);
      return waits.length === 0 ? null : Math.min(...waits);
    },
    async idle() {
      await verifier.idle();
      await distributor.idle();
    },
    async stop() {
      await Promise.all([verifier.stop(), distributor.stop()]);
    },
  };
}
