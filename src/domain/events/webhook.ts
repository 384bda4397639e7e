import type { HiddenParts } from '../masking.ts';
import type { Filter } from './filter.ts';

/** A declared webhook. */
export interface Webhook {
  /** Slug, unique over all files. Identifies the webhook's position in the log. */
  readonly id: string;
  /** The id that an earlier version derived from the whole address; null: the same. Its state is carried over. */
  readonly formerId: string | null;
  /** Absolute `http:` or `https:` URL. Its path may be secret: never logged, shown only through `shownUrl`. */
  readonly url: string;
  /** Null: the whole address may be shown. */
  readonly hidden: HiddenParts | null;
  /** `whsec_` and base64; each one signs. Never logged or shown. */
  readonly secrets: readonly string[];
  readonly filter: Filter;
  /** `sources.yaml:12`, for messages. */
  readonly declaredAt: string;
}

/** Outcome of an attempt. */
export type WebhookOutcome =
  /** The receiver answered 2xx. */
  | 'delivered'
  /** 429 or 503. */
  | 'throttled'
  /** 410. Nothing is sent until the operator resumes the webhook. */
  | 'gone'
  /** No response, or any other status. */
  | 'failed';

/** Position and delivery state of a webhook. Kept when the declaration is removed. */
export interface WebhookState {
  readonly id: string;
  /** See `shownUrl`. */
  readonly url: string;
  readonly epoch: string;
  /** All events up to it have been matched, and those that match have been delivered. */
  readonly seq: number;
  /** The last position sent to the receiver: `after` of the next delivery. */
  readonly announcedSeq: number;
  readonly failures: number;
  readonly firstFailedMs: number | null;
  readonly nextAttemptMs: number;
  /** When the receiver answered 410; null: not paused. */
  readonly pausedMs: number | null;
  readonly lastOutcome: WebhookOutcome | null;
  readonly lastStatus: number | null;
  /** One line without control characters. */
  readonly lastDetail: string | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  /** Events delivered, including repeats. */
  readonly delivered: number;
  /** When the declaration was removed; null: declared. */
  readonly removedMs: number | null;
}

const secretForm = /^whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const secretBytes = { min: 24, max: 64 };

/** The key of a secret: `whsec_` and the base64 of 24 to 64 bytes. Null when the secret is malformed. */
export function decodeSecret(secret: string): Buffer | null {
  const base64 = secretForm.exec(secret)?.[1];
  if (base64 === undefined) return null;
  const key = Buffer.from(base64, 'base64');
  return key.length >= secretBytes.min && key.length <= secretBytes.max ? key : null;
}

/** Summary of a webhook's state. */
export type WebhookCondition = 'new' | 'ok' | 'failing' | 'paused' | 'removed';

/** Summarises the state of a webhook. */
export function webhookCondition(
  state: Pick<WebhookState, 'removedMs' | 'pausedMs' | 'failures' | 'lastSuccessMs'>,
): WebhookCondition {
  if (state.removedMs !== null) return 'removed';
  if (state.pausedMs !== null) return 'paused';
  if (state.failures > 0) return 'failing';
  return state.lastSuccessMs === null ? 'new' : 'ok';
}
