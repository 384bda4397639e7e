import type { SubscriberKey } from '../../domain/websub/websub-subscriber.ts';
import { parseTopic } from '../../domain/websub/websub-topics.ts';

const minLeaseSeconds = 300;
const defaultLeaseSeconds = 10 * 24 * 3600;
const maxLeaseSeconds = 30 * 24 * 3600;
const maxUrlChars = 2048;
/** WebSub §5.1: less than 200 bytes. */
const maxSecretBytes = 199;

/** A request to the hub. */
export type HubRequest =
  | (SubscriberKey & { readonly kind: 'subscribe'; readonly leaseMs: number; readonly secret: string | null })
  | (SubscriberKey & { readonly kind: 'unsubscribe' })
  /** Valid, but the hub does not serve it. */
  | (SubscriberKey & { readonly kind: 'denied'; readonly reason: string })
  /** A publisher's notification about one of our topics. The event log has already reported the change. */
  | { readonly kind: 'publish' }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Parses the form of a request. Unknown parameters are ignored; of a repeated parameter the first one counts.
 *
 * @param publicUrl base of our topics, without a trailing slash.
 */
export function parseHubRequest(form: URLSearchParams, publicUrl: string): HubRequest {
  const mode = form.get('hub.mode') ?? '';
  if (mode === 'publish') return parsePublish(form, publicUrl);
  if (mode !== 'subscribe' && mode !== 'unsubscribe') {
    return invalid(mode === '' ? 'hub.mode is missing' : 'hub.mode must be subscribe, unsubscribe or publish');
  }
  const topic = form.get('hub.topic') ?? '';
  const callback = form.get('hub.callback') ?? '';
  const fault = topic === '' ? 'hub.topic is missing' : callbackFault(callback);
  if (fault !== null) return invalid(fault);
  // Not checked against our topics: a subscriber must be able to leave a topic that no longer exists.
  if (mode === 'unsubscribe') return { kind: 'unsubscribe', topic, callback };
  return parseSubscribe(form, { topic, callback }, publicUrl);
}

function parseSubscribe(form: URLSearchParams, key: SubscriberKey, publicUrl: string): HubRequest {
  const secret = form.get('hub.secret');
  if (secret !== null && Buffer.byteLength(secret) > maxSecretBytes) {
    return invalid('hub.secret must be shorter than 200 bytes');
  }
  const leaseMs = parseLease(form.get('hub.lease_seconds') ?? '');
  if (leaseMs === null) return invalid('hub.lease_seconds must be a whole number of seconds');
  const topic = parseTopic(key.topic, publicUrl);
  if (topic.kind === 'foreign') return invalid('hub.topic is not a feed of this server');
  if (topic.kind === 'filtered') {
    return { kind: 'denied', ...key, reason: `a filtered feed is not a topic; subscribe to ${topic.unfiltered}` };
  }
  return { kind: 'subscribe', ...key, leaseMs, secret: secret === '' ? null : secret };
}

function parsePublish(form: URLSearchParams, publicUrl: string): HubRequest {
  const topics = [...form.getAll('hub.url'), ...form.getAll('hub.topic')];
  if (topics.length === 0) return invalid('hub.url is missing');
  const isOurs = topics.every((topic) => parseTopic(topic, publicUrl).kind !== 'foreign');
  return isOurs ? { kind: 'publish' } : invalid('hub.url is not a feed of this server');
}

function invalid(reason: string): HubRequest {
  return { kind: 'invalid', reason };
}

function callbackFault(callback: string): string | null {
  if (callback === '') return 'hub.callback is missing';
  if (callback.length > maxUrlChars) return `hub.callback is longer than ${maxUrlChars} characters`;
  // `new URL` silently drops control characters and blanks: the callback would not be the one that was given.
  if (!/^[\x21-\x7e]+$/.test(callback) || !URL.canParse(callback)) return 'hub.callback is not an absolute URL';
  const { protocol, username, password } = new URL(callback);
  if (protocol !== 'http:' && protocol !== 'https:') return 'hub.callback must be an http or https URL';
  if (username !== '' || password !== '') return 'hub.callback must not contain a user name or password';
  return callback.includes('#') ? 'hub.callback must not have a fragment' : null;
}

/** In milliseconds, within our limits; null: not a number. */
function parseLease(text: string): number | null {
  if (text === '') return defaultLeaseSeconds * 1000;
  if (!/^\d{1,15}$/.test(text)) return null;
  return Math.min(Math.max(Number(text), minLeaseSeconds), maxLeaseSeconds) * 1000;
}
