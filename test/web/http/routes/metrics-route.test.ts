import { describe, expect, it } from 'vitest';
import { makeApp } from '../../../support/web/test-app.ts';

const token = 'correct-horse-battery';

/** Requests the metrics over a socket with a remote address. */
async function ask(remoteAddress: string, headers: Record<string, string> = {}, ownToken: string | null = token) {
  return askApp(appWith(ownToken), remoteAddress, headers);
}

function appWith(ownToken: string | null) {
  return makeApp([], {
    metrics: { contentType: 'text/plain', read: async () => 'up 1\n', token: ownToken },
    publicUrl: 'https://news.example.org',
    clientAddress: ({ socket }) => socket.remoteAddress ?? '',
  }).app;
}

async function askApp(app: ReturnType<typeof appWith>, remoteAddress: string, headers: Record<string, string>) {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const env = {
    incoming: { socket: { remoteAddress }, headers: { host: '127.0.0.1:3000', ...Object.fromEntries(lower) } },
  };
  const response = await app.request('/metrics', { headers }, env);
  return { status: response.status, text: await response.text(), cache: response.headers.get('cache-control') };
}

describe('/metrics', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('answers %s, which is loopback', async (address) => {
    expect(await ask(address)).toEqual({ status: 200, text: 'up 1\n', cache: 'no-store' });
  });

  it.each(['192.0.2.7', '10.0.0.1', '2001:db8::1', '::ffff:192.0.2.7', ''])('refuses %j', async (address) => {
    const { status, text, cache } = await ask(address);
    expect([status, cache]).toEqual([403, 'no-store']);
    expect(text).not.toContain('up 1');
  });

  it.each([
    'X-Forwarded-For',
    'Forwarded',
    'X-Real-IP',
    'Via',
  ])('refuses a request that a proxy forwards with %s', async (name) => {
    expect((await ask('127.0.0.1', { [name]: '127.0.0.1' })).status).toBe(403);
  });

  it('does not use headers as the client address', async () => {
    expect((await ask('192.0.2.7', { 'X-Forwarded-For': '127.0.0.1', Host: 'localhost' })).status).toBe(403);
  });

  it('answers a client with the token, from any address and through a proxy', async () => {
    const bearer = { Authorization: `Bearer ${token}` };
    expect((await ask('192.0.2.7', bearer)).status).toBe(200);
    expect((await ask('127.0.0.1', { ...bearer, 'X-Forwarded-For': '192.0.2.7' })).status).toBe(200);
  });

  it.each(['Bearer', 'Bearer ', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`])('refuses %j', async (value) => {
    expect((await ask('192.0.2.7', { Authorization: value })).status).toBe(403);
  });

  it.each([
    '127.0.0.1',
    '[::1]:3000',
    'localhost:3000',
    'LOCALHOST',
    '10.0.0.1:80',
    'news.example.org',
  ])('answers loopback with the host %s', async (host) => {
    expect((await ask('127.0.0.1', { Host: host })).status).toBe(200);
  });

  it.each([
    'rebound.example.com:3000',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'news.example.org.',
    '',
  ])('refuses the host %j on loopback (DNS rebinding)', async (host) => {
    expect((await ask('127.0.0.1', { Host: host })).status).toBe(403);
  });

  it('answers 429 after ten wrong tokens from one address', async () => {
    const app = appWith(token);
    const wrong = { Authorization: 'Bearer wrong' };
    for (let at = 0; at < 10; at += 1) expect((await askApp(app, '192.0.2.7', wrong)).status).toBe(403);
    expect((await askApp(app, '192.0.2.7', wrong)).status).toBe(429);
    expect((await askApp(app, '192.0.2.7', { Authorization: `Bearer ${token}` })).status).toBe(429);
    expect((await askApp(app, '192.0.2.8', { Authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('accepts no token when none is set', async () => {
    expect((await ask('192.0.2.7', { Authorization: 'Bearer null' }, null)).status).toBe(403);
  });

  it('does not exist without metrics', async () => {
    expect((await makeApp().get('/metrics')).status).toBe(404);
  });
});
