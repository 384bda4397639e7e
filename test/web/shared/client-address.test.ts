import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createClientAddress } from '../../../src/web/shared/client-address.ts';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe('createClientAddress', () => {
  const behind = createClientAddress(['10.0.0.0/8', 'fd00::/8']);

  it('uses the peer address when no proxy is trusted', () => {
    expect(createClientAddress([])(request('10.0.0.1', '192.0.2.7'))).toBe('10.0.0.1');
  });

  it('uses X-Forwarded-For of a trusted proxy', () => {
    expect(behind(request('10.0.0.1', '192.0.2.7'))).toBe('192.0.2.7');
    expect(behind(request('::ffff:10.0.0.1', '2001:db8::7'))).toBe('2001:db8::7');
    expect(behind(request('fd00::1', '192.0.2.7'))).toBe('192.0.2.7');
  });

  it('ignores X-Forwarded-For of a client', () => {
    expect(behind(request('192.0.2.9', '192.0.2.7'))).toBe('192.0.2.9');
  });

  it('follows the chain of trusted proxies and stops after it', () => {
    expect(behind(request('10.0.0.1', '198.51.100.1, 192.0.2.7, 10.2.2.2'))).toBe('192.0.2.7');
  });

  it('stops at an invalid address', () => {
    expect(behind(request('10.0.0.1', '192.0.2.7, unknown, 10.2.2.2'))).toBe('10.2.2.2');
    expect(behind(request('10.0.0.1', ''))).toBe('10.0.0.1');
    expect(behind(request('10.0.0.1'))).toBe('10.0.0.1');
  });
});
