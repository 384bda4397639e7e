import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deliveryId, signatureHeaders } from '../../../src/push/webhooks/webhook-batch.ts';

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const secret = `whsec_${key.toString('base64')}`;

describe('the signature of a delivery', () => {
  it('is HMAC-SHA256 over id, timestamp and body, as in Standard Webhooks', () => {
    const body = '{"type":"events","title":"Ökonomie – 港"}';
    const headers = signatureHeaders([secret], { id: 'msg_1', timestampS: 1_700_000_000, body });
    const expected = createHmac('sha256', key).update(`msg_1.1700000000.${body}`, 'utf8').digest('base64');
    expect(headers).toEqual({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1,${expected}`,
    });
  });

  it('agrees with the example of the specification', () => {
    const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampS: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(signatureHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], signed)?.['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('is not made with a malformed secret', () => {
    for (const bad of [[''], ['hush'], ['whsec_'], ['whsec_AAAA'], [secret, 'hush'], []]) {
      expect(signatureHeaders(bad, { id: 'a', timestampS: 1, body: '' })).toBeNull();
    }
  });

  it('is made with each secret, so that secrets can be rotated', () => {
    const other = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;
    const signed = { id: 'a', timestampS: 1, body: 'x' };
    const alone = [secret, other].map((one) => signatureHeaders([one], signed)?.['webhook-signature']);
    expect(signatureHeaders([secret, other], signed)?.['webhook-signature']).toBe(alone.join(' '));
  });

  it('differs when any signed part differs', () => {
    const of = (over: object) =>
      signatureHeaders([secret], { id: 'a', timestampS: 1, body: 'x', ...over })?.['webhook-signature'];
    const all = [of({}), of({ id: 'b' }), of({ timestampS: 2 }), of({ body: 'y' })];
    expect(new Set(all).size).toBe(4);
  });
});

describe('the id of a delivery', () => {
  it('is equal only for the same bytes to the same webhook', () => {
    expect(deliveryId('a', 'x')).toBe(deliveryId('a', 'x'));
    expect(new Set([deliveryId('a', 'x'), deliveryId('b', 'x'), deliveryId('a', 'y')]).size).toBe(3);
    expect(deliveryId('a', 'x')).toMatch(/^msg_[\w-]{27}$/);
  });
});
