import type { Settings } from '../config/environment/environment.ts';
import type { Webhook } from '../domain/events/webhook.ts';
import { displayUrl } from '../domain/polling/masking.ts';
import { createHttpClient, type HttpClient } from '../fetch/client/http-client.ts';
import { retryAfter } from '../fetch/http-freshness.ts';
import { userAgent } from '../fetch/request-headers.ts';
import type { Doorbell } from '../push/doorbell.ts';
import { WebhookDispatcher, type WebhookDispatcherOptions } from '../push/webhooks/webhook-dispatcher.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { version } from '../runtime/version.ts';
import { systemTimers } from '../schedule/timers.ts';
import type { Store } from '../store/engine/store.ts';
import { readEvents, readHead } from '../store/log/event-log.ts';
import { declareWebhooks, readWebhook, updateWebhookState } from '../store/log/webhook-states.ts';
import type { Metrics } from './metrics-registry.ts';

/** A receiver says yes or no and does its work afterwards: it need not be given long. */
const limits = { totalMs: 15_000, headersMs: 10_000 };

/** What webhooks work with. */
export interface WebhooksParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly doorbell: Doorbell;
  readonly publicUrl: string;
  readonly metrics: Pick<Metrics, 'webhookDelivered'>;
}

/** Webhooks at work. */
export interface Webhooks {
  /** Puts declarations in force, in the order of the calls. */
  declare(webhooks: readonly Webhook[]): void;
}

/** Starts bringing events to webhooks, of which none is declared yet. One process does it: the one that polls. */
export function startWebhooks(parts: WebhooksParts): Webhooks {
  const { settings, store, clock, log, shutdown, publicUrl } = parts;
  const lines = new Map<string, HttpClient>();
  // A client has one connection to an origin: each webhook has a client of its own, so that none waits for another.
  const lineOf = (id: string): HttpClient => {
    const line = lines.get(id) ?? createWebhookClient(settings, clock, publicUrl);
    lines.set(id, line);
    return line;
  };
  shutdown.onStop(
    'webhook connections',
    async () => void (await Promise.all([...lines.values()].map((line) => line.close()))),
  );
  const courier = new WebhookDispatcher({
    log: { bounds: () => readHead(store.reader), read: (after, limit) => readEvents(store.reader, after, limit) },
    book: {
      // While no place can be moved nothing is sent: it would be sent again every second.
      read: async (id) => (store.storage.writable ? readWebhook(store.reader, id) : null),
      advance: (before, after) => updateWebhookState(store, before, after),
    },
    post: createPost(lineOf, { clock, agent: userAgent(version, settings.contactUrl ?? settings.publicUrl) }),
    clock,
    logger: log,
    random: Math.random,
    ended: (outcome) => parts.metrics.webhookDelivered(outcome),
    publicUrl: () => publicUrl,
    after: (delayMs, call) => systemTimers.after(delayMs, call),
  });
  const deaf = parts.doorbell.listen(() => courier.wake());
  let last = Promise.resolve();
  const stopping = new AbortController();
  shutdown.onStop('webhooks', async () => {
    deaf();
    stopping.abort();
    await last;
    await courier.stop();
  });
  return {
    declare(webhooks) {
      last = last
        .then(() =>
          store.storage.whenWritable(
            () => declareWebhooks(store, webhooks.map(toStoredWebhook), clock.now()),
            stopping.signal,
          ),
        )
        .then(() => courier.setWebhooks(webhooks))
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) log.error({ err: error }, 'declaring the webhooks failed');
        });
    },
  };
}

/** The whole address stays in memory. */
function toStoredWebhook(webhook: Webhook): Pick<Webhook, 'id' | 'formerId' | 'url'> {
  return { id: webhook.id, formerId: webhook.formerId, url: displayUrl(webhook) };
}

/**
 * The guarded client: our own addresses and private ones are not reached unless the operator allows them. It is asked
 * for declared addresses only, and redirects are not followed.
 */
function createWebhookClient(settings: Settings, clock: Clock, publicUrl: string): HttpClient {
  return createHttpClient({
    ...{ clock, limits, ownOrigins: [new URL(publicUrl).origin] },
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configured: { networks: settings.allowPrivateNetworks, includes: () => true },
  });
}

/** Sends and reads the status; what else the receiver says is of no concern. */
function createPost(
  lineOf: (webhookId: string) => HttpClient,
  by: { readonly clock: Clock; readonly agent: string },
): WebhookDispatcherOptions['post'] {
  return async ({ webhookId, url, headers, body }, signal) => {
    const line = lineOf(webhookId);
    const answer = await line.request(
      { method: 'POST', url, headers: { ...headers, 'user-agent': by.agent }, body, wanted: () => false },
      signal,
    );
    const { status } = answer;
    if (answer.kind === 'failed') return { kind: 'failed', detail: `${answer.failure}: ${answer.detail}`, status };
    const { ms } = retryAfter(answer.headers, by.clock.now(), line.limits.maxRetryAfterMs);
    return { kind: 'answered', status: answer.status, retryAfterMs: ms };
  };
}
