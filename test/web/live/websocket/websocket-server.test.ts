import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type LiveServerOptions, startLive, type TestLiveServer } from '../../../support/live/live-server.ts';

let server: TestLiveServer;

async function start(options: LiveServerOptions = {}): Promise<TestLiveServer> {
  server = await startLive(options);
  return server;
}

afterEach(() => server.close());

/** Sends raw bytes and returns the response. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('the handshake', () => {
  it('selects the offered subprotocol', async () => {
    await start();
    const reader = server.connect();
    await reader.next('welcome');
    expect(reader.socket.protocol).toBe('newswire.v1.json');
  });

  it('selects its subprotocol among others', async () => {
    await start();
    const answer = await raw(handshake({ 'Sec-WebSocket-Protocol': 'x.y, newswire.v1.json' }));
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain('Sec-WebSocket-Protocol: newswire.v1.json');
  });

  it('treats a handshake without subprotocols as version 1', async () => {
    await start();
    const reader = server.connect('', { protocol: null });
    await reader.next('welcome');
    expect(reader.socket.protocol).toBe('');
  });

  it('answers 400 when no offered subprotocol is supported', async () => {
    await start();
    expect((await server.connect('', { protocol: 'newswire.v9.json' }).ended).status).toBe(400);
  });

  it('answers 404 on any other path', async () => {
    await start();
    for (const path of ['/', '/live/', '/livex', '//live']) {
      expect(await raw(handshake({}, path)), path).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    }
  });

  it('answers 404 to an invalid URL', async () => {
    await start();
    expect(await raw(handshake({}, 'http://[/live'))).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  it.each([
    ['another host', 'https://evil.example.com'],
    ['an opaque origin', 'null'],
    ['another port', 'http://127.0.0.1:1'],
  ])('answers 403 to pages of %s', async (_, origin) => {
    await start();
    expect((await server.connect('', { headers: { Origin: origin } }).ended).status).toBe(403);
  });

  it('allows pages of its own host', async () => {
    await start();
    await server.connect('', { headers: { Origin: `http://127.0.0.1:${server.port}` } }).next('welcome');
  });

  it('allows pages of the configured origins only', async () => {
    await start({ attach: { allowedOrigins: ['https://news.example.org'] } });
    await server.connect('', { headers: { Origin: 'https://news.example.org' } }).next('welcome');
    const own = { headers: { Origin: `http://127.0.0.1:${server.port}` } };
    expect((await server.connect('', own).ended).status).toBe(403);
  });

  it('answers 403 to a cookie without an origin', async () => {
    await start();
    expect((await server.connect('', { headers: { Cookie: 'a=b' } }).ended).status).toBe(403);
  });

  it('releases everything when the handshake fails', async () => {
    await start();
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(handshake({}), () => socket.resetAndDestroy());
      });
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
    });
    await server.connect().next('welcome');
    await expect.poll(() => server.live.sessions).toBe(1);
  });

  it('ignores the offer of another protocol, and sends the page', async () => {
    await start();
    const lines = ['GET / HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c'];
    const answer = await raw(`${lines.join('\r\n')}\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('a page');
  });

  it('leaves requests without an upgrade to the app', async () => {
    await start();
    expect(await (await fetch(server.url('/'))).text()).toBe('a page');
  });
});

function handshake(headers: Record<string, string>, path = '/live'): string {
  const lines = Object.entries({
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // A close frame follows, so that the connection ends.
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n\u0008\u0000`;
}
