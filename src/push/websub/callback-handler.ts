import { dayMs, minuteMs } from '../../domain/durations.ts';
import { hostOf } from '../../domain/polling/hosts.ts';
import type { HubSubscription } from '../../domain/websub/websub-subscription.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { CallbackStore } from './subscription-store.ts';
import { denialRetryMs, parseLeaseTerms } from './websub-lease.ts';
import { verifySignature } from './websub-signature.ts';

/** Age at which a request that was never verified is no longer pending. */
const pendingMs = dayMs;
const maxChallengeChars = 4096;

const feedMediaType = /^(?:application\/(?:[\w.-]+\+)?(?:xml|json)|text\/(?:xml|html|plain))\s*(?:;|$)/i;

/** The response to a hub. */
export interface CallbackResponse {
  readonly status: 200 | 202 | 403 | 404 | 410 | 413 | 415 | 503;
  /** Sent as plain text. */
  readonly text: string;
}

/** A content distribution request as received. */
interface IncomingPush {
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly signature: string | null;
  /** Reads the raw bytes. Called at most once, and only if the push may be valid. */
  readBody(): Promise<
    | { readonly kind: 'read'; readonly body: Uint8Array }
    | { readonly kind: 'too-large' }
    /** Too many bytes of other requests are being received. */
    | { readonly kind: 'busy' }
  >;
}

/** Handles the requests of remote hubs to `/websub/callback/:id`. */
export interface CallbackHandler {
  /** A verification of intent, or a denial. */
  verify(callbackId: string, query: URLSearchParams): Promise<CallbackResponse>;
  /** A content distribution request. It is stored and processed later: 202 confirms the receipt only. */
  receive(callbackId: string, push: IncomingPush): Promise<CallbackResponse>;
}

export interface CallbackHandlerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CallbackStore;
  readonly random: () => number;
  /** Called after a push was stored or a poll brought forward. */
  wake(): void;
}

const accepted: CallbackResponse = { status: 202, text: 'accepted' };
const noted: CallbackResponse = { status: 200, text: 'noted' };
const busy: CallbackResponse = { status: 503, text: 'too many pushes are waiting; try again later' };
const badSignature: CallbackResponse = { status: 403, text: 'X-Hub-Signature is missing or wrong' };
const unknown: CallbackResponse = { status: 404, text: 'there is no such subscription' };

/** A callback handler. The callback alone identifies a subscription, whatever else a request contains. */
export function createCallbackHandler(parts: CallbackHandlerParts): CallbackHandler {
  return {
    async verify(callbackId, query) {
      const subscription = await parts.store.find(callbackId);
      // The topic must match exactly: the callback may have leaked.
      if (subscription === null || query.get('hub.topic') !== subscription.topic) return unknown;
      switch (query.get('hub.mode')) {
        case 'subscribe':
          return await confirmSubscribe(parts, subscription, query);
        case 'unsubscribe':
          return await confirmUnsubscribe(parts, subscription, query);
        case 'denied':
          return await acceptDenial(parts, subscription);
        default:
          return unknown;
      }
    },
    async receive(callbackId, push) {
      const subscription = await parts.store.find(callbackId);
      return subscription === null ? unknown : await receive(parts, subscription, push);
    },
  };
}

function challengeOf(query: URLSearchParams): string | null {
  const challenge = query.get('hub.challenge') ?? '';
  return challenge === '' || challenge.length > maxChallengeChars ? null : challenge;
}

/** Whether a request of ours awaits its verification. */
function isPending({ state, requestedMs, confirmedMs }: HubSubscription, nowMs: number): boolean {
  if (state !== 'pending' && state !== 'active') return false;
  if (requestedMs === null || requestedMs < nowMs - pendingMs) return false;
  return confirmedMs === null || confirmedMs < requestedMs;
}

async function confirmSubscribe(
  parts: CallbackHandlerParts,
  subscription: HubSubscription,
  query: URLSearchParams,
): Promise<CallbackResponse> {
  const { store, clock, random, log, wake } = parts;
  const { id, sourceRef, sourceId, hub } = subscription;
  const nowMs = clock.now();
  const challenge = challengeOf(query);
  if (challenge === null || !isPending(subscription, nowMs)) return unknown;
  const terms = parseLeaseTerms(query.get('hub.lease_seconds'), nowMs, random());
  if (await store.confirm(id, { nowMs, ...terms })) {
    log.info({ source: sourceId, hub: hostOf(hub) }, 'subscribed at a hub');
    // The hub never delivers what was published between our last poll and now.
    await store.bringPollForward(sourceRef, { atMs: nowMs + minuteMs, nowMs, reason: 'hub_subscribed' });
    wake();
  }
  return { status: 200, text: challenge };
}

async function confirmUnsubscribe(
  { store }: CallbackHandlerParts,
  subscription: HubSubscription,
  query: URLSearchParams,
): Promise<CallbackResponse> {
  const challenge = challengeOf(query);
  const { id, state, requestedMs } = subscription;
  if (challenge === null || state !== 'unsubscribing' || requestedMs === null) return unknown;
  await store.update(id, { state: 'unsubscribed' });
  return { status: 200, text: challenge };
}

async function acceptDenial(parts: CallbackHandlerParts, subscription: HubSubscription): Promise<CallbackResponse> {
  const { store, clock, log } = parts;
  const { id, state, sourceId, hub } = subscription;
  if (state === 'unsubscribed' || state === 'desired') return unknown;
  if (state === 'unsubscribing') {
    await store.update(id, { state: 'unsubscribed' });
    return noted;
  }
  // `hub.reason` is not stored: the request is not authenticated.
  const nextAttemptMs = clock.now() + denialRetryMs;
  await store.update(id, { state: 'denied', trust: 'lost', nextAttemptMs, detail: 'the hub denied the subscription' });
  log.info({ source: sourceId, hub: hostOf(hub) }, 'a hub denied our subscription; the source is polled meanwhile');
  return noted;
}

async function receive(
  parts: CallbackHandlerParts,
  subscription: HubSubscription,
  push: IncomingPush,
): Promise<CallbackResponse> {
  const { store, clock, wake } = parts;
  const { id, state, secret, confirmedMs, sourceRef } = subscription;
  if (state === 'unsubscribed' || state === 'unsubscribing') return { status: 410, text: 'the subscription has ended' };
  if (confirmedMs === null || state === 'denied') return unknown;
  const { contentType, contentEncoding, signature } = push;
  if (secret !== null && signature === null) return badSignature;
  const read = await push.readBody();
  if (read.kind === 'too-large') return { status: 413, text: 'the document is too large' };
  if (read.kind === 'busy') return busy;
  const { body } = read;
  if (secret !== null && !verifySignature(secret, body, signature)) return badSignature;
  const nowMs = clock.now();
  if (body.length === 0) {
    await store.bringPollForward(sourceRef, { atMs: nowMs, nowMs, reason: 'hub_reported_change' });
    wake();
    return accepted;
  }
  if (contentType !== null && !feedMediaType.test(contentType)) {
    return { status: 415, text: 'this media type is not a feed' };
  }
  if (!(await store.savePush({ subscriptionId: id, receivedMs: nowMs, contentType, contentEncoding, body })))
    return busy;
  wake();
  return accepted;
}
