import { dayMs, minuteMs } from '../../domain/durations.ts';
import { hostOf } from '../../domain/polling/hosts.ts';
import type { HubSubscription } from '../../domain/websub/websub-subscription.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { isSuccess, type WebSubHttpClient, type WebSubResponse } from './http-client-port.ts';
import { reconcile } from './reconcile-subscriptions.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import { renewalGraceMs, requestedLeaseMs, subscribeRetryDelayMs } from './websub-lease.ts';

/** How long a hub may take to deliver an item that a poll has found. */
const graceMs = 10 * minuteMs;
/** How long an ended subscription is kept: its callback answers 410 until then. */
const keepUnsubscribedMs = 7 * dayMs;
const maxRedirects = 3;
const maxUnsubscribeAttempts = 3;
const concurrency = 5;

export interface SubscriptionManagerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  readonly store: SubscriptionStore;
  readonly random: () => number;
  callbackUrl(callbackId: string): string;
  /** Called after a source's next poll was brought forward. */
  onSourceDue(): void;
}

/** Keeps our subscriptions at remote hubs equal to what sources name, and evaluates the hubs. */
export interface SubscriptionManager {
  /** Does what is due now. */
  run(): Promise<void>;
  /** Sends no further request. */
  stop(): void;
}

/** A subscription manager. It does nothing before `run` is called. */
export function createSubscriptionManager(parts: SubscriptionManagerParts): SubscriptionManager {
  const { clock, store } = parts;
  const state = { stopped: false };
  return {
    stop() {
      state.stopped = true;
    },
    async run() {
      const current = await store.subscriptions();
      await store.applyDiff(reconcile(await store.hubSources(), current), clock.now());
      await expire(parts);
      await requestDue(parts, state);
      await evaluate(parts);
      await store.deleteUnsubscribed(clock.now() - keepUnsubscribedMs);
    },
  };
}

/** Ends trust in hubs that did not renew a lease: their sources are polled as without a hub, and subscribed to again. */
async function expire({ store, clock, log }: SubscriptionManagerParts): Promise<void> {
  for (const { id, state, leaseUntilMs, sourceId, hub } of await store.subscriptions()) {
    if (state !== 'active' || leaseUntilMs === null || leaseUntilMs + renewalGraceMs > clock.now()) continue;
    await store.update(id, { state: 'desired', trust: 'lost', detail: 'the lease ended and was not renewed' });
    log.info({ source: sourceId, hub: hostOf(hub) }, 'a hub did not renew our subscription');
  }
}

async function requestDue(parts: SubscriptionManagerParts, state: { readonly stopped: boolean }): Promise<void> {
  const { store, clock } = parts;
  const due = (await store.subscriptions()).filter(({ nextAttemptMs }) => nextAttemptMs <= clock.now());
  for (let start = 0; start < due.length && !state.stopped; start += concurrency) {
    await Promise.all(due.slice(start, start + concurrency).map((subscription) => request(parts, subscription)));
  }
}

async function request(parts: SubscriptionManagerParts, subscription: HubSubscription): Promise<void> {
  const { store, clock, random } = parts;
  const { id, state, failures } = subscription;
  if (state === 'unsubscribing' && failures >= maxUnsubscribeAttempts) {
    await store.update(id, { state: 'unsubscribed' });
    return;
  }
  const nowMs = clock.now();
  // A hub that accepts the request and never verifies it is asked again then.
  await store.markRequested(id, { nowMs, nextAttemptMs: nowMs + subscribeRetryDelayMs(failures + 1, random()) });
  const response = await post(parts, subscription);
  if (isSuccess(response)) return;
  const detail = response.kind === 'failed' ? response.detail : `the hub answered HTTP ${response.status}`;
  await store.update(id, { detail });
  // Only the first of consecutive failures: a hub that is down for a week is one line, not a hundred.
  if (failures === 0) {
    const facts = { source: subscription.sourceId, hub: hostOf(subscription.hub), detail };
    parts.log.info(facts, 'a subscription request to a hub failed; the source is polled meanwhile');
  }
}

/** Sends the form. A hub may redirect to another one, which gets the same form (WebSub §5.1.2). */
async function post(parts: SubscriptionManagerParts, subscription: HubSubscription): Promise<WebSubResponse> {
  const body = formOf(subscription, parts.callbackUrl(subscription.callbackId)).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  let url = subscription.hub;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await parts.client.request({ method: 'POST', url, headers, body });
    if (response.kind === 'failed' || (response.status !== 307 && response.status !== 308)) return response;
    const next = URL.parse(response.location ?? '', url);
    if (next === null) return { kind: 'failed', detail: 'the hub redirects without a valid Location' };
    if (subscription.secret !== null && next.protocol !== 'https:') {
      return { kind: 'failed', detail: 'the hub redirects to an address that is not https' };
    }
    url = next.href;
  }
  return { kind: 'failed', detail: `the hub redirects more than ${maxRedirects} times` };
}

function formOf({ topic, secret, state }: HubSubscription, callback: string): URLSearchParams {
  const form = new URLSearchParams({ 'hub.callback': callback, 'hub.mode': 'unsubscribe', 'hub.topic': topic });
  if (state === 'unsubscribing') return form;
  form.set('hub.mode', 'subscribe');
  form.set('hub.lease_seconds', String(requestedLeaseMs / 1000));
  if (secret !== null) form.set('hub.secret', secret);
  return form;
}

async function evaluate({ store, clock, log, onSourceDue }: SubscriptionManagerParts): Promise<void> {
  const nowMs = clock.now();
  for (const { missed, wasTrusted, sourceRef, sourceId, hub } of await store.evaluateHubs({ nowMs, graceMs })) {
    if (missed === 0 || !wasTrusted) continue;
    log.info({ source: sourceId, hub: hostOf(hub), missed }, 'a hub missed items that a poll found; its trust is lost');
    await store.bringPollForward(sourceRef, { atMs: nowMs, nowMs, reason: 'hub_missed_items' });
    onSourceDue();
  }
}
