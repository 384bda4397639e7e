import type { Settings } from '../config/environment/environment.ts';
import type { Webhook } from '../domain/events/webhook.ts';
import { displayUrl } from '../domain/masking.ts';
import { createHttpClient, type HttpClient } from '../fetch/client/http-client.ts';
import { retryAfter } from '../fetch/http-freshness.ts';
import { userAgent } from '../fetch/request-headers.ts';
import type { Doorbell } from '../push/doorbell.ts';
import { WebhookDispatcher, type WebhookDispatcherOptions } from '../push/webhooks/webhook-dispatcher.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { createTaskQueue } from '../runtime/task-queue.ts';
import { systemTimers } from '../runtime/timers.ts';
import { version } from '../runtime/version.ts';
import type { Store } from '../store/engine/store.ts';
import { readEvents, readHead } from '../store/log/event-log.ts';
import { declareWebhooks, readWebhook, updateWebhookState } from '../store/log/webhook-states.ts';
import type { Metrics } from './metrics-registry.ts';

/** Short: a receiver should respond first and process the events afterwards. */
const limits = { totalMs: 15_000, headersMs: 10_000 };

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

/** The running webhooks. */
export interface Webhooks {
  /** Applies declarations asynchronously, in the order of the calls. */
  declare(webhooks: readonly Webhook[]): void;
}

/** Starts to deliver events to webhooks. None is declared at first. Only the polling process delivers. */
export function startWebhooks(parts: WebhooksParts): Webhooks {
  const { settings, store, clock, log, shutdown, publicUrl } = parts;
  const clients = new Map<string, HttpClient>();
  // A client has one connection to an origin. Each webhook has its own client, so that none waits for another.
  const clientOf = (id: string): HttpClient => {
    const client = clients.get(id) ?? createWebhookClient(settings, clock, publicUrl);
    clients.set(id, client);
    return client;
  };
  shutdown.onStop(
    'webhook connections',
    async () => void (await Promise.all([...clients.values()].map((client) => client.close()))),
  );
  const dispatcher = new WebhookDispatcher({
    eventLog: { bounds: () => readHead(store.reader), read: (after, limit) => readEvents(store.reader, after, limit) },
    states: {
      // Without a writable store the position could not advance, and the same events would be sent every second.
      read: async (id) => (store.storage.writable ? readWebhook(store.reader, id) : null),
      advance: (before, after) => updateWebhookState(store, before, after),
    },
    post: createPost(clientOf, { clock, agent: userAgent(version, settings.contactUrl ?? settings.publicUrl) }),
    clock,
    log,
    random: Math.random,
    onAttempt: (outcome) => parts.metrics.webhookDelivered(outcome),
    publicUrl,
    setTimer: (delayMs, call) => systemTimers.after(delayMs, call),
  });
  const unsubscribe = parts.doorbell.listen(() => dispatcher.wake());
  const tasks = createTaskQueue(log);
  shutdown.onStop('webhooks', async () => {
    unsubscribe();
    await tasks.stop();
    await dispatcher.stop();
  });
  return {
    declare(webhooks) {
      const write = () => declareWebhooks(store, webhooks.map(toStoredWebhook), clock.now());
      tasks.add(async (signal) => {
        await store.storage.whenWritable(write, signal);
        dispatcher.setWebhooks(webhooks);
      }, 'declaring the webhooks failed');
    },
  };
}

/** Only the masked address is stored: the whole one can contain a secret. */
function toStoredWebhook(webhook: Webhook): Pick<Webhook, 'id' | 'formerId' | 'url'> {
  return { id: webhook.id, formerId: webhook.formerId, url: displayUrl(webhook) };
}

/**
 * Creates a guarded client: it does not connect to the server's own or private addresses unless the operator allows them.
 * It requests declared addresses only, and does not follow redirects.
 */
function createWebhookClient(settings: Settings, clock: Clock, publicUrl: string): HttpClient {
  return createHttpClient({
    ...{ clock, limits, ownOrigins: [new URL(publicUrl).origin] },
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: () => true },
  });
}

/** Posts and reads the status. The body of the response is ignored. */
function createPost(
  clientOf: (webhookId: string) => HttpClient,
  sender: { readonly clock: Clock; readonly agent: string },
): WebhookDispatcherOptions['post'] {
  return async ({ webhookId, url, headers, body }, signal) => {
    const client = clientOf(webhookId);
    const response = await client.request(
      { method: 'POST', url, headers: { ...headers, 'user-agent': sender.agent }, body, needsBody: () => false },
      signal,
    );
    const { status } = response;
    if (response.kind === 'failed')
      return { kind: 'failed', detail: `${response.failure}: ${response.detail}`, status };
    const { ms } = retryAfter(response.headers, sender.clock.now(), client.limits.maxRetryAfterMs);
    return { kind: 'answered', status: response.status, retryAfterMs: ms };
  };
}
