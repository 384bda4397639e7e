import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createClientAddress } from '../../../src/web/shared/client-address.ts';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe('createClientAddress', () => {
  const behind = createClientAddress(['10.0.0.0/8', 'fd00::/8']);

  it('believes nobody when no proxy is trusted', () => {
    expect(createClientAddress([])(request('10.0.0.1', '192.0.2.7'))).toBe('10.0.0.1');
  });

  it('believes a trusted proxy', () => {
    expect(behind(request('10.0.0.1', '192.0.2.7'))).toBe('192.0.2.7');
    expect(behind(request('::ffff:10.0.0.1', '2001:db8::7'))).toBe('2001:db8::7');
    expect(behind(request('fd00::1', '192.0.2.7'))).toBe('192.0.2.7');
  });

  it('does not believe a client that speaks for itself', () => {
    expect(behind(request('192.0.2.9', '192.0.2.7'))).toBe('192.0.2.9');
  });

  it('goes back along the chain of trusted proxies and no further', () => {
    expect(behind(request('10.0.0.1', '198.51.100.1, 192.0.2.7, 10.2.2.2'))).toBe('192.0.2.7');
  });

  it('stops at what is no address', () => {
    expect(behind(request('10.0.0.1', '192.0.2.7, unknown, 10.2.2.2'))).toBe('10.2.2.2');
    expect(behind(request('10.0.0.1', ''))).toBe('10.0.0.1');
    expect(behind(request('10.0.0.1'))).toBe('10.0.0.1');
  });
});
