import { createHash, createHmac } from 'node:crypto';
import { decodeSecret } from '../../domain/events/webhook.ts';

/** The signed parts of a delivery. */
export interface SignedContent {
  readonly id: string;
  /** Epoch seconds of the attempt; receivers reject old ones. */
  readonly timestampS: number;
  readonly body: string;
}

/** The `webhook-id` of a delivery: equal for equal bytes to the same webhook, so that receivers recognise a repeat. */
export function deliveryId(webhookId: string, body: string): string {
  return `msg_${createHash('sha256').update(`${webhookId}\n${body}`).digest('base64url').slice(0, 27)}`;
}

/**
 * Signature headers of the Standard Webhooks scheme: HMAC-SHA256 over `id.timestamp.body`.
 *
 * @param secrets `whsec_` and base64. Each signs, so that receivers can rotate their secret.
 * @returns null when there is no secret, or one is malformed.
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
