import { hostOf } from '../../domain/polling/hosts.ts';
import type { HubSubscription } from '../../domain/websub/websub-subscription.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { WebSubHttpClient, WebSubResponse } from './http-client-port.ts';
import { isSuccess } from './http-client-port.ts';
import { reconcile } from './reconcile-subscriptions.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import { renewalGraceMs, requestedLeaseMs, subscribeRetryDelayMs } from './websub-lease.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** How long a hub may take to deliver what a poll has found. */
const graceMs = 10 * minuteMs;
const forgetMs = 7 * dayMs;
const mostHops = 3;
const mostFarewells = 3;
const atOnce = 5;

/** What the subscriber works with. */
export interface SubscriptionManagerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  readonly ports: SubscriptionStore;
  readonly random: () => number;
  /** Absolute address of a callback. */
  callbackUrl(callbackId: string): string;
  /** Called when a source was made due sooner. */
  onSourceDue(): void;
}

/** Keeps us subscribed where sources name hubs, and looks what the hubs are worth. */
export interface SubscriptionManager {
  /** One round of work. */
  run(): Promise<void>;
  /** Asks nobody any more. */
  stop(): void;
}

/** A subscriber. It does nothing before `run` is called. */
export function createSubscriptionManager(parts: SubscriptionManagerParts): SubscriptionManager {
  const { clock, ports } = parts;
  const state = { stopped: false };
  return {
    stop() {
      state.stopped = true;
    },
    async run() {
      const standing = await ports.subscriptions();
      await ports.applyDiff(reconcile(await ports.hubSources(), standing), clock.now());
      await expire(parts);
      await askDue(parts, state);
      await judge(parts);
      await ports.deleteUnsubscribed(clock.now() - forgetMs);
    },
  };
}

/** A lease that nobody has renewed is over: the source is read as if there were no hub, until there is one again. */
async function expire({ ports, clock, log }: SubscriptionManagerParts): Promise<void> {
  for (const { id, state, leaseUntilMs, sourceId, hub } of await ports.subscriptions()) {
    if (state !== 'active' || leaseUntilMs === null || leaseUntilMs + renewalGraceMs > clock.now()) continue;
    await ports.update(id, { state: 'wanted', trust: 'lost', detail: 'the lease ran out and was not renewed' });
    log.info({ source: sourceId, hub: hostOf(hub) }, 'a hub did not renew our subscription');
  }
}

async function askDue(parts: SubscriptionManagerParts, state: { readonly stopped: boolean }): Promise<void> {
  const { ports, clock } = parts;
  const due = (await ports.subscriptions()).filter(({ nextAttemptMs }) => nextAttemptMs <= clock.now());
  for (let start = 0; start < due.length && !state.stopped; start += atOnce) {
    await Promise.all(due.slice(start, start + atOnce).map((one) => ask(parts, one)));
  }
}

async function ask(parts: SubscriptionManagerParts, subscription: HubSubscription): Promise<void> {
  const { ports, clock, random } = parts;
  const { id, state, failures } = subscription;
  if (state === 'dropping' && failures >= mostFarewells) {
    await ports.update(id, { state: 'dropped' });
    return;
  }
  const nowMs = clock.now();
  // If the hub neither refuses nor verifies, it is asked again then.
  await ports.markRequested(id, { nowMs, nextAttemptMs: nowMs + subscribeRetryDelayMs(failures + 1, random()) });
  const answer = await post(parts, subscription);
  if (isSuccess(answer)) return;
  const detail = answer.kind === 'failed' ? answer.detail : `the hub answered HTTP ${answer.status}`;
  await ports.update(id, { detail });
  // Once for a run of failures: a hub that is down for a week is one line, not a hundred.
  if (failures === 0) {
    const facts = { source: subscription.sourceId, hub: hostOf(subscription.hub), detail };
    parts.log.info(facts, 'a hub could not be asked; polling goes on');
  }
}

/** Sends the form; a hub may send us on to another, with the same form (section 5.1.2). */
async function post(
  { client, callbackUrl }: SubscriptionManagerParts,
  subscription: HubSubscription,
): Promise<WebSubResponse> {
  const { hub, topic, secret, state, callbackId } = subscription;
  const leaving = state === 'dropping';
  const form = new URLSearchParams({
    'hub.callback': callbackUrl(callbackId),
    'hub.mode': leaving ? 'unsubscribe' : 'subscribe',
    'hub.topic': topic,
    ...(leaving ? {} : { 'hub.lease_seconds': String(requestedLeaseMs / 1000) }),
    ...(leaving || secret === null ? {} : { 'hub.secret': secret }),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  let url = hub;
  for (let hop = 0; hop <= mostHops; hop += 1) {
    const answer = await client.request({ method: 'POST', url, headers, body: form.toString() });
    if (answer.kind === 'failed' || (answer.status !== 307 && answer.status !== 308)) return answer;
    const next = URL.parse(answer.location ?? '', url);
    if (next === null) return { kind: 'failed', detail: 'the hub sends us on without saying where to' };
    if (secret !== null && next.protocol !== 'https:') {
      return { kind: 'failed', detail: 'the hub sends us on to an address that is not secure' };
    }
    url = next.href;
  }
  return { kind: 'failed', detail: `the hub sends us on more than ${mostHops} times` };
}

async function judge({ ports, clock, log, onSourceDue }: SubscriptionManagerParts): Promise<void> {
  const nowMs = clock.now();
  for (const { missed, wasTrusted, sourceRef, sourceId, hub } of await ports.evaluateHubs({ nowMs, graceMs })) {
    if (missed === 0 || !wasTrusted) continue;
    log.info({ source: sourceId, hub: hostOf(hub), missed }, 'a hub missed what a poll found; it is not relied on');
    await ports.bringPollForward(sourceRef, { atMs: nowMs, nowMs, why: 'its hub missed news' });
    onSourceDue();
  }
}
