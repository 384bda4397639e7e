import { describe, expect, it } from 'vitest';
import { sign, verifySignature } from '../../../src/push/websub/websub-signature.ts';

const key = 's3cr3t-0123456789';
const body = Buffer.from(
  '3c7273732076657273696f6e3d22322e30223e3c6368616e6e656c3e3c7469746c653ec3a93c2f7469746c653e3c2f6368616e6e656c3e3c2f7273733e0a',
  'hex',
);
const sha256 = 'cf567d1ef40245a4ff5f36cd22a26871cdc4fe912aabc37d993f267c5b9f4a54';

const right = {
  sha1: '5f676c37c270bf04e367a752c38fb4d8b6d7255d',
  sha256,
  sha384: 'dfd5adba7b6730b54e0d466fc77e5d6070fb19da0c3c6789bb8563a83f55f2540d4240dfb34e98f649637e102e81cfa8',
  sha512:
    'db63e3dcf50df779037dbd12c903d1eed555d61e0983ab8a752b2971e8ec4bf1e0ac869883c495ecec608cbf469ab8d89bc0c67640622f8413a40de5c3fd573a',
};

describe('X-Hub-Signature', () => {
  it('H17 is HMAC-SHA256 over the raw bytes', () => {
    expect(sign(key, body)).toBe(`sha256=${sha256}`);
    expect(sign(key, Buffer.alloc(0))).toBe('sha256=c4ebccc13a4984fd689037e7b785d9dcf59161196d56bf230c8859bf587e7df0');
  });

  it.each(Object.entries(right))('S14 is accepted with method %s in either case', (method, hex) => {
    expect(verifySignature(key, body, `${method}=${hex}`)).toBe(true);
    expect(verifySignature(key, body, `${method.toUpperCase()}=${hex.toUpperCase()}`)).toBe(true);
    expect(verifySignature(`${key}x`, body, `${method}=${hex}`)).toBe(false);
    expect(verifySignature(key, body.subarray(1), `${method}=${hex}`)).toBe(false);
  });

  it('S14 is accepted for an empty body', () => {
    const header = 'sha256=c4ebccc13a4984fd689037e7b785d9dcf59161196d56bf230c8859bf587e7df0';
    expect(verifySignature(key, Buffer.alloc(0), header)).toBe(true);
  });

  it('S14 is refused if it was made over a body decoded as latin1', () => {
    const header = 'sha256=ccff860272e16683d1b5e6b2022e0f2895da04c4a726c5a918d1d6949c3f22e6';
    expect(verifySignature(key, body, header)).toBe(false);
  });

  it.each([
    ['nothing', null],
    ['an empty header', ''],
    ['only a method', 'sha256'],
    ['no digits', 'sha256='],
    ['invalid digits', 'sha256=zz'],
    ['an unknown method', 'md5=d41d8cd98f00b204e9800998ecf8427e'],
    ['correct digits and four more', `sha256=${sha256}1234`],
    ['correct digits without the last', `sha256=${sha256.slice(0, -1)}`],
    ['correct digits without the last two', `sha256=${sha256.slice(0, -2)}`],
    ['two signatures in one', `sha256=${sha256},sha1=${right.sha1}`],
    ['the digits of another method', `sha1=${sha256}`],
    ['a property name of Object.prototype', 'constructor=00'],
  ])('S13 is refused without an exception if it is %s', (_what, header) => {
    expect(verifySignature(key, body, header)).toBe(false);
  });
});
