import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalsInConstantTime, hmacOf, sign } from '../../../../src/web/http/security/signing.ts';

const reference = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64url');

/** Around the block of a key, and around the room that a key has for texts. */
const lengths = [0, 1, 43, 63, 64, 65, 200, 447, 448, 449, 1000];

describe('the HMAC of a text', () => {
  it('is what the runtime makes it, whatever key and text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 600 }));
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), (secret, texts) => {
        for (const one of texts) expect(hmacOf(secret, one)).toBe(reference(secret, one));
      }),
    );
  });

  it.each(lengths)('is right for a key of %i bytes, one text after another', (length) => {
    const secret = 'k'.repeat(length);
    for (const size of [...lengths, ...lengths.toReversed()]) {
      for (const text of ['x'.repeat(size), `é${'x'.repeat(size)}`])
        expect(hmacOf(secret, text)).toBe(reference(secret, text));
    }
  });

  it('is right again after more keys than are remembered', () => {
    for (let turn = 0; turn < 2; turn += 1) {
      for (let key = 0; key < 40; key += 1) expect(hmacOf(`key ${key}`, 'text')).toBe(reference(`key ${key}`, 'text'));
    }
  });

  it('agrees with a vector of RFC 4231', () => {
    const wanted = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hmacOf('Jefe', 'what do ya want for nothing?')).toBe(Buffer.from(wanted, 'hex').toString('base64url'));
  });
});

describe('a seal', () => {
  it('is the start of an HMAC over purpose and parts', () => {
    expect(sign('a secret', 'comment form', [7, 'k1', 'n"1'])).toBe(
      reference('a secret', '["comment form",7,"k1","n\\"1"]').slice(0, 22),
    );
  });

  it('differs by secret, purpose and each part', () => {
    const seals = [
      sign('a', 'p', ['x', 'y']),
      sign('b', 'p', ['x', 'y']),
      sign('a', 'q', ['x', 'y']),
      sign('a', 'p', ['xy', '']),
      sign('a', 'p', ['x,y']),
    ];
    expect(new Set(seals).size).toBe(seals.length);
  });

  it('is the same as another of equal letters only', () => {
    expect(equalsInConstantTime('a', 'seal', 'seal')).toBe(true);
    expect(equalsInConstantTime('a', 'seal', 'seaL')).toBe(false);
    expect(equalsInConstantTime('a', 'seal', 'seal ')).toBe(false);
  });
});
