import { createHash, createHmac } from 'node:crypto';
import { decodeSecret } from '../../domain/events/webhook.ts';

/** What is signed: the bytes of a delivery, the name it has, and when it is sent. */
export interface SignedContent {
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
 * @param secrets of the form `whsec_` and base64; each signs, so that a receiver may know either the old or the new one.
 * @returns null when one of them is none, or there is none.
 */
export function signatureHeaders(
  secrets: readonly string[],
  signed: SignedContent,
): Readonly<Record<string, string>> | null {
  const { id, timestampS, body } = signed;
  const signatures: string[] = [];
  for (const secret of secrets) {
    const key = decodeSecret(secret);
    if (key === null) return null;
    signatures.push(`v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`);
  }
  if (signatures.length === 0) return null;
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': signatures.join(' ') };
}
