import { createHash, createHmac } from 'node:crypto';
import { readSecret } from '../../domain/webhook.ts';

/** What is signed: the bytes of a delivery, the name it has, and when it is sent. */
export interface Signed {
  readonly id: string;
  /** Epoch seconds: a receiver turns away what is too old. */
  readonly timestampS: number;
  readonly body: string;
}

/** The name of a delivery: equal for equal bytes to one webhook, so that a repeat can be told. */
export function deliveryId(webhookId: string, body: string): string {
  return `msg_${createHash('sha256').update(`${webhookId}\n${body}`).digest('base64url').slice(0, 27)}`;
}

/**
 * The headers by which a receiver knows that we sent it, of the Standard Webhooks scheme: HMAC-SHA256 over
 * `id.timestamp.body`.
 *
 * @param secret `whsec_` and base64.
 * @returns null when the secret is none.
 */
export function signatureHeaders(secret: string, signed: Signed): Readonly<Record<string, string>> | null {
  const key = readSecret(secret);
  if (key === null) return null;
  const { id, timestampS, body } = signed;
  const signature = createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': `v1,${signature}` };
}
