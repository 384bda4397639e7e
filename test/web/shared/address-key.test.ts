import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../src/web/shared/client-address.ts';

describe('addressKey', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['10.1.2.3', '10.1.2.3'],
  ])('counts %s by %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('does not count %s', (address) => {
    expect(addressKey(address)).toBe(null);
  });

  it('counts an invalid address as it is', () => {
    expect(addressKey('')).toBe('');
  });
});
