import { describe, expect, it } from 'vitest';
import { createProbe, isValidProbe, probePath } from '../../../../src/web/http/security/server-probe.ts';
import type { Readers } from '../../../../src/web/shared/readers-port.ts';
import { makeApp, noon } from '../../../support/web/test-app.ts';

const secret = 'a-signing-secret';
const readers: Readers = {
  counts: async () => [],
  mostRead: async () => [],
  recordVisit: () => undefined,
  comments: {
    add: () => Promise.reject(new Error('no comments')),
    listApproved: async () => ({ comments: [], next: null, total: 0, revision: 0 }),
  },
  signingSecret: secret,
};

async function ask(probe: string | null) {
  const { app } = makeApp([], { readers, clientAddress: () => '192.0.2.7' });
  const headers = { host: 'news.example.org', 'x-forwarded-for': '192.0.2.7' };
  const incoming = { socket: { remoteAddress: '127.0.0.1' }, headers };
  const own: Record<string, string> = probe === null ? {} : { 'X-Newswire-Probe': probe };
  return app.request(probePath, { headers: { ...headers, ...own } }, { incoming });
}

describe('/diagnostics/request', () => {
  it('describes the request to a sender who can sign it', async () => {
    const response = await ask(createProbe(secret, noon));
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      version: '1.2.3',
      address: '127.0.0.1',
      clientAddress: '192.0.2.7',
      hasForwardedFor: true,
      host: 'news.example.org',
      publicUrl: 'https://news.example.com',
    });
  });

  it.each([
    ['no probe', null],
    ['an empty one', ''],
    ['one with another secret', createProbe('another', noon)],
    ['an old one', createProbe(secret, noon - 61_000)],
    ['one from the future', createProbe(secret, noon + 61_000)],
    ['one with a changed time', createProbe(secret, noon).replace(/^\d+/, String(noon - 1))],
  ])('is answered like an unknown address to %s', async (_, probe) => {
    const response = await ask(probe);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('127.0.0.1');
  });
});

describe('isValidProbe', () => {
  it('accepts a probe for a minute', () => {
    const probe = createProbe(secret, noon);
    expect([0, 60_000, 60_001].map((ageMs) => isValidProbe(secret, probe, noon + ageMs))).toEqual([true, true, false]);
  });
});
