import type { HiddenParts } from '../masking.ts';
import type { Filter } from './filter.ts';

/** Where the operator wants events sent, as declared. */
export interface Webhook {
  /** Slug, unique over all files. Its place in the log is kept under this name. */
  readonly id: string;
  /** The id that an earlier version made of the whole address; null: the same. What is known under it is kept. */
  readonly formerId: string | null;
  /** Absolute `http:` or `https:` URL. The path may be a secret: it is never logged. To be shown by `shownUrl` only. */
  readonly url: string;
  /** Null: all of the address may be shown. */
  readonly hidden: HiddenParts | null;
  /** `whsec_` and base64; each signs. Never logged, never shown. */
  readonly secrets: readonly string[];
  readonly filter: Filter;
  /** `sources.yaml:12`, for messages. */
  readonly declaredAt: string;
}

/** How the last attempt ended. */
export type WebhookOutcome =
  /** Taken: answered with a 2xx. */
  | 'delivered'
  /** Asked to come back later: 429 or 503. */
  | 'throttled'
  /** 410: nobody wants it any more. Nothing is sent until the operator says so. */
  | 'gone'
  /** Not reached, or any other answer. */
  | 'failed';

/** A webhook's place in the log and how its deliveries go. Outlives the declaration. */
export interface WebhookState {
  readonly id: string;
  /** As it is shown: see `shownUrl`. */
  readonly url: string;
  readonly epoch: string;
  /** Everything up to it was looked at, and what matched was delivered. */
  readonly seq: number;
  /** The place that the receiver was told last: what its next delivery follows. */
  readonly told: number;
  /** Deliveries that failed in a row. */
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly nextAttemptMs: number;
  /** Since when nothing is sent, because the receiver said 410. */
  readonly pausedMs: number | null;
  readonly lastOutcome: WebhookOutcome | null;
  readonly lastStatus: number | null;
  /** One clean line. */
  readonly lastDetail: string | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  /** Events delivered so far, repeats included. */
  readonly delivered: number;
  /** Since when it is declared no more. */
  readonly removedMs: number | null;
}

const secretForm = /^whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const secretBytes = { min: 24, max: 64 };

/** The key in a secret of the form `whsec_` and base64 of 24 to 64 bytes; null when it is none. */
export function decodeSecret(secret: string): Buffer | null {
  const base64 = secretForm.exec(secret)?.[1];
  if (base64 === undefined) return null;
  const key = Buffer.from(base64, 'base64');
  return key.length >= secretBytes.min && key.length <= secretBytes.max ? key : null;
}

/** How a webhook does, in one word. */
export type WebhookCondition = 'new' | 'fine' | 'failing' | 'paused' | 'removed';

/** The condition of a webhook at a glance. */
export function webhookCondition(
  state: Pick<WebhookState, 'removedMs' | 'pausedMs' | 'failures' | 'lastSuccessMs'>,
): WebhookCondition {
  if (state.removedMs !== null) return 'removed';
  if (state.pausedMs !== null) return 'paused';
  if (state.failures > 0) return 'failing';
  return state.lastSuccessMs === null ? 'new' : 'fine';
}
