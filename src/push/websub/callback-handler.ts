import type { HubSubscription } from '../../domain/websub/websub-subscription.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { CallbackStore } from './subscription-store.ts';
import { denialRetryMs, parseLeaseTerms } from './websub-lease.ts';
import { verifySignature } from './websub-signature.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** After which a request that was never verified is no longer pending. */
const pendingMs = dayMs;
const maxChallengeChars = 4096;

const readable = /^(?:application\/(?:[\w.-]+\+)?(?:xml|json)|text\/(?:xml|html|plain))\s*(?:;|$)/i;

/** What a callback is asked to do by whoever says he is a hub, and how that is answered. */
export interface CallbackResponse {
  readonly status: 200 | 202 | 403 | 404 | 410 | 413 | 415 | 503;
  /** Sent as plain text. */
  readonly text: string;
}

/** A push as it came over the wire. */
export interface IncomingPush {
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly signature: string | null;
  /** Reads the raw bytes: called only when the push may be for us, and once. */
  read(): Promise<
    | { readonly kind: 'read'; readonly body: Uint8Array }
    | { readonly kind: 'too-large' }
    /** Too many bytes of other pushes are under way. */
    | { readonly kind: 'busy' }
  >;
}

/** What stands behind `/websub/callback/:id`. */
export interface CallbackHandler {
  /** A hub's question, or its denial. */
  verify(callbackId: string, query: URLSearchParams): Promise<CallbackResponse>;
  /** A hub's delivery. It is kept and read later: to be received is all that is confirmed. */
  receive(callbackId: string, push: IncomingPush): Promise<CallbackResponse>;
}

/** What the callback works with. */
export interface CallbackHandlerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: CallbackStore;
  readonly random: () => number;
  /** Called when a push was kept or a source made due sooner. */
  wake(): void;
}

const busy: CallbackResponse = { status: 503, text: 'too much is waiting; try again later' };
const unsigned: CallbackResponse = { status: 403, text: 'X-Hub-Signature does not sign this body' };
const unknown: CallbackResponse = { status: 404, text: 'there is no such subscription' };

/** Callbacks over the database. A subscription is known by its callback alone, whatever else a request says. */
export function createCallbackHandler(parts: CallbackHandlerParts): CallbackHandler {
  return {
    async verify(callbackId, query) {
      const subscription = await parts.ports.find(callbackId);
      // Whoever asks must name the very topic: anybody might have heard of the callback.
      if (subscription === null || query.get('hub.topic') !== subscription.topic) return unknown;
      switch (query.get('hub.mode')) {
        case 'subscribe':
          return await confirm(parts, subscription, query);
        case 'unsubscribe':
          return await leave(parts, subscription, query);
        case 'denied':
          return await takeDenial(parts, subscription);
        default:
          return unknown;
      }
    },
    async receive(callbackId, push) {
      const subscription = await parts.ports.find(callbackId);
      return subscription === null ? unknown : await receive(parts, subscription, push);
    },
  };
}

function challengeOf(query: URLSearchParams): string | null {
  const challenge = query.get('hub.challenge') ?? '';
  return challenge === '' || challenge.length > maxChallengeChars ? null : challenge;
}

/** Whether we have asked for it and not been answered yet. */
function isPending({ state, requestedMs, confirmedMs }: HubSubscription, nowMs: number): boolean {
  if (state !== 'pending' && state !== 'active') return false;
  if (requestedMs === null || requestedMs < nowMs - pendingMs) return false;
  return confirmedMs === null || confirmedMs < requestedMs;
}

async function confirm(
  parts: CallbackHandlerParts,
  subscription: HubSubscription,
  query: URLSearchParams,
): Promise<CallbackResponse> {
  const { ports, clock, random, log, wake } = parts;
  const { id, sourceRef, sourceId, hub } = subscription;
  const nowMs = clock.now();
  const challenge = challengeOf(query);
  if (challenge === null || !isPending(subscription, nowMs)) return unknown;
  const terms = parseLeaseTerms(query.get('hub.lease_seconds'), nowMs, random());
  if (await ports.confirm(id, { nowMs, ...terms })) {
    log.info({ source: sourceId, hub: URL.parse(hub)?.host ?? '' }, 'subscribed at a hub');
    // What came between our last read and now, the hub will never tell us.
    await ports.bringPollForward(sourceRef, { atMs: nowMs + minuteMs, nowMs, why: 'subscribed at its hub' });
    wake();
  }
  return { status: 200, text: challenge };
}

async function leave(
  { ports }: CallbackHandlerParts,
  subscription: HubSubscription,
  query: URLSearchParams,
): Promise<CallbackResponse> {
  const challenge = challengeOf(query);
  const { id, state, requestedMs } = subscription;
  if (challenge === null || state !== 'dropping' || requestedMs === null) return unknown;
  await ports.update(id, { state: 'dropped' });
  return { status: 200, text: challenge };
}

async function takeDenial(
  { ports, clock, log }: CallbackHandlerParts,
  subscription: HubSubscription,
): Promise<CallbackResponse> {
  const { id, state, sourceId, hub } = subscription;
  if (state === 'dropped' || state === 'wanted') return unknown;
  if (state === 'dropping') {
    await ports.update(id, { state: 'dropped' });
    return { status: 200, text: 'noted' };
  }
  // Its words are not kept: anybody might have written them.
  const nextAttemptMs = clock.now() + denialRetryMs;
  await ports.update(id, { state: 'denied', trust: 'lost', nextAttemptMs, detail: 'the hub denied the subscription' });
  log.info({ source: sourceId, hub: URL.parse(hub)?.host ?? '' }, 'a hub denied our subscription; polling goes on');
  return { status: 200, text: 'noted' };
}

async function receive(
  parts: CallbackHandlerParts,
  subscription: HubSubscription,
  push: IncomingPush,
): Promise<CallbackResponse> {
  const { ports, clock, wake } = parts;
  const { id, state, secret, confirmedMs, sourceRef } = subscription;
  if (state === 'dropped' || state === 'dropping') return { status: 410, text: 'the subscription has ended' };
  if (confirmedMs === null || state === 'denied') return unknown;
  const { contentType, contentEncoding, signature } = push;
  if (secret !== null && signature === null) return unsigned;
  const read = await push.read();
  if (read.kind === 'too-large') return { status: 413, text: 'the document is too large' };
  if (read.kind === 'busy') return busy;
  const { body } = read;
  if (secret !== null && !verifySignature(secret, body, signature)) return unsigned;
  const nowMs = clock.now();
  if (body.length === 0) {
    await ports.bringPollForward(sourceRef, { atMs: nowMs, nowMs, why: 'its hub tells of news' });
    wake();
    return { status: 202, text: 'accepted' };
  }
  if (contentType !== null && !readable.test(contentType)) return { status: 415, text: 'this is no feed' };
  const kept = await ports.savePush({ subscriptionId: id, receivedMs: nowMs, contentType, contentEncoding, body });
  if (!kept) return busy;
  wake();
  return { status: 202, text: 'accepted' };
}
