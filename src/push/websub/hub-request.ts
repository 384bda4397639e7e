import type { SubscriberKey } from '../../domain/websub/websub-subscriber.ts';
import { parseTopic } from '../../domain/websub/websub-topics.ts';

const minLeaseSeconds = 300;
const defaultLeaseSeconds = 10 * 24 * 3600;
const maxLeaseSeconds = 30 * 24 * 3600;
const maxUrlChars = 2048;
/** Section 5.1 of the recommendation: less than 200 bytes. */
const maxSecretBytes = 199;

/** What a request to the hub asks for. */
export type HubRequest =
  | (SubscriberKey & { readonly kind: 'subscribe'; readonly leaseMs: number; readonly secret: string | null })
  | (SubscriberKey & { readonly kind: 'unsubscribe' })
  /** Understood, and not to be had. */
  | (SubscriberKey & { readonly kind: 'denied'; readonly reason: string })
  /** A publisher's ping for a topic of ours: nothing that we do not know. */
  | { readonly kind: 'publish' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads a request's form. Parameters that are not known are ignored; of several with one name the first counts.
 *
 * @param publicUrl base of our topics, without a trailing slash.
 */
export function parseHubRequest(form: URLSearchParams, publicUrl: string): HubRequest {
  const mode = form.get('hub.mode') ?? '';
  if (mode === 'publish') return readPublish(form, publicUrl);
  if (mode !== 'subscribe' && mode !== 'unsubscribe') {
    return refused(mode === '' ? 'hub.mode is missing' : 'hub.mode must be subscribe, unsubscribe or publish');
  }
  const topic = form.get('hub.topic') ?? '';
  const callback = form.get('hub.callback') ?? '';
  const fault = topic === '' ? 'hub.topic is missing' : callbackFault(callback);
  if (fault !== null) return refused(fault);
  // A topic that is no more must still be left.
  if (mode === 'unsubscribe') return { kind: 'unsubscribe', topic, callback };
  return readSubscribe(form, { topic, callback }, publicUrl);
}

function readSubscribe(form: URLSearchParams, key: SubscriberKey, publicUrl: string): HubRequest {
  const secret = form.get('hub.secret');
  if (secret !== null && Buffer.byteLength(secret) > maxSecretBytes) {
    return refused('hub.secret must be shorter than 200 bytes');
  }
  const leaseMs = readLease(form.get('hub.lease_seconds') ?? '');
  if (leaseMs === null) return refused('hub.lease_seconds must be a whole number of seconds');
  const found = parseTopic(key.topic, publicUrl);
  if (found.kind === 'foreign') return refused('hub.topic is not one of our feeds; this hub serves no others');
  if (found.kind === 'filtered') {
    return { kind: 'denied', ...key, reason: `only whole feeds are topics; subscribe to ${found.whole}` };
  }
  return { kind: 'subscribe', ...key, leaseMs, secret: secret === '' ? null : secret };
}

function readPublish(form: URLSearchParams, publicUrl: string): HubRequest {
  const topics = [...form.getAll('hub.url'), ...form.getAll('hub.topic')];
  if (topics.length === 0) return refused('hub.url is missing');
  const isOurs = topics.every((topic) => parseTopic(topic, publicUrl).kind !== 'foreign');
  return isOurs ? { kind: 'publish' } : refused('hub.url is not one of our feeds; this hub serves no others');
}

function refused(reason: string): HubRequest {
  return { kind: 'refused', reason };
}

function callbackFault(callback: string): string | null {
  if (callback === '') return 'hub.callback is missing';
  if (callback.length > maxUrlChars) return `hub.callback is longer than ${maxUrlChars} characters`;
  // Control characters and blanks would be dropped in silence, and the callback not be the one that was given.
  if (!/^[\x21-\x7e]+$/.test(callback) || !URL.canParse(callback)) return 'hub.callback is not an absolute URL';
  const { protocol, username, password } = new URL(callback);
  if (protocol !== 'http:' && protocol !== 'https:') return 'hub.callback must be an http or https URL';
  if (username !== '' || password !== '') return 'hub.callback must not hold a user name or password';
  return callback.includes('#') ? 'hub.callback must not have a fragment' : null;
}

/** In milliseconds, within our bounds; null: it is no number. */
function readLease(text: string): number | null {
  if (text === '') return defaultLeaseSeconds * 1000;
  if (!/^\d{1,15}$/.test(text)) return null;
  return Math.min(Math.max(Number(text), minLeaseSeconds), maxLeaseSeconds) * 1000;
}
