import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkServer } from '../../../src/cli/doctor/check-server.ts';
import { readSettings } from '../../../src/config/environment/environment.ts';
import { isValidProbe, type SeenRequest } from '../../../src/web/http/security/server-probe.ts';
import { noon } from '../../support/builders.ts';

const secret = 'a-signing-secret';
const clock = { now: () => noon, monotonic: () => noon };
const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(answer: Answer): Promise<number> {
  const server = createServer(answer);
  closes.push(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const json =
  (status: number, value: unknown): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

async function check(env: Record<string, string>, isPolling = true) {
  const findings = await checkServer({ settings: readSettings(env), clock, isPolling, secret });
  return findings.map(({ check: name, status, detail, remedy }) => ({
    name,
    status,
    text: `${detail}. ${remedy ?? ''}`,
  }));
}

const ready = json(200, { ready: true, checks: {} });

describe('the check of the running server', () => {
  it('finds a server that is ready', async () => {
    const port = await listen(ready);
    expect((await check({ PORT: String(port) }))[0]).toMatchObject({ name: 'server', status: 'ok' });
  });

  it('repeats why the server is not ready', async () => {
    const port = await listen(json(503, { ready: false, message: 'The disk is full. Free space.' }));
    expect((await check({ PORT: String(port) }))[0]).toMatchObject({
      status: 'error',
      text: 'The disk is full. Free space. Read the log of the server',
    });
  });

  it('recognises another program at the address', async () => {
    const port = await listen((_request, response) => void response.end('x'.repeat(200_000)));
    expect((await check({ PORT: String(port) }))[0]).toMatchObject({
      status: 'error',
      text: expect.stringMatching(/another program answers/),
    });
  });

  it('distinguishes a stopped server from one at another address', async () => {
    const port = await listen(ready);
    for (const close of closes.splice(0)) close();
    expect((await check({ PORT: String(port) }, false))[0]).toMatchObject({
      status: 'warning',
      text: expect.stringMatching(/no server is running/),
    });
    expect((await check({ PORT: String(port) }, true))[0]).toMatchObject({
      status: 'error',
      text: expect.stringMatching(/nothing answers/),
    });
  });

  it('asks only whether a process polls, for a process without the role serve', async () => {
    expect(await check({ ROLES: 'poll' }, true)).toMatchObject([{ name: 'server', status: 'ok' }]);
    expect(await check({ ROLES: 'poll' }, false)).toMatchObject([{ name: 'server', status: 'warning' }]);
  });
});

describe('the check of PUBLIC_URL', () => {
  /** A server that is reached as its proxy at http://localhost describes. */
  async function through(seen: Partial<SeenRequest>, answer?: Answer) {
    const probes: string[] = [];
    let publicUrl = '';
    const port = await listen((request, response) => {
      if (request.url === '/readyz') return ready(request, response);
      probes.push(String(request.headers['x-newswire-probe']));
      if (answer !== undefined) return answer(request, response);
      const own = { version: '1', address: '127.0.0.1', clientAddress: '127.0.0.1', hasForwardedFor: false };
      return json(200, { ...own, host: request.headers.host, publicUrl, ...seen })(request, response);
    });
    publicUrl = `http://localhost:${port}`;
    const [, ...found] = await check({ PORT: String(port), PUBLIC_URL: publicUrl });
    return { found, isSigned: probes.every((probe) => isValidProbe(secret, probe, noon)) };
  }

  it('finds nothing wrong with a proxy that passes host and client', async () => {
    const { found, isSigned } = await through({ hasForwardedFor: true, clientAddress: '192.0.2.7' });
    expect(found).toMatchObject([
      { status: 'ok', text: expect.stringMatching(/leads here; this machine is 192\.0\.2\.7/) },
    ]);
    expect(isSigned).toBe(true);
  });

  it('names the proxy to trust', async () => {
    const { found } = await through({ hasForwardedFor: true });
    expect(found).toMatchObject([
      { status: 'warning', text: expect.stringMatching(/Set TRUSTED_PROXIES=127\.0\.0\.1/) },
    ]);
  });

  it('warns of a proxy that replaces the host', async () => {
    const { found } = await through({ host: '127.0.0.1:3000' });
    expect(found).toMatchObject([
      { status: 'warning', text: expect.stringMatching(/sends the Host 127\.0\.0\.1:3000 .*proxy_set_header Host/) },
    ]);
  });

  it('warns when the server has another PUBLIC_URL than the command', async () => {
    const { found } = await through({ publicUrl: 'https://news.example.org' });
    expect(found).toMatchObject([
      { status: 'warning', text: expect.stringMatching(/the server uses https:\/\/news\.example\.org/) },
    ]);
  });

  it('removes control characters of what another server sends', async () => {
    const { found } = await through({ host: 'a\u001b[31m', clientAddress: '\u0007' });
    expect(JSON.stringify(found)).not.toMatch(/\\u00/);
  });

  it.each<[string, Answer, RegExp]>([
    ['another server', (_request, response) => void response.writeHead(404).end('<html>'), /another server .*HTTP 404/],
    ['JSON of another server', json(200, { address: 1 }), /another server answers/],
    [
      'a redirect',
      (_request, response) => void response.writeHead(301, { location: 'https://example.org/' }).end(),
      /redirects to https:\/\/example\.org\//,
    ],
  ])('reports %s', async (_, answer, text) => {
    expect((await through({}, answer)).found).toMatchObject([{ status: 'error', text: expect.stringMatching(text) }]);
  });

  it('warns when it cannot be reached', async () => {
    const port = await listen(ready);
    const found = await check({ PORT: String(port), PUBLIC_URL: 'http://127.0.0.1:1' });
    expect(found[1]).toMatchObject({
      status: 'warning',
      text: expect.stringMatching(/cannot reach http:\/\/127\.0\.0\.1:1/),
    });
  });

  it('is a warning if it is not set and the server listens on other addresses', async () => {
    const port = await listen(ready);
    expect((await check({ PORT: String(port) }))[1]).toMatchObject({ name: 'public-url', status: 'ok' });
    expect((await check({ PORT: String(port), HOST: '0.0.0.0' }))[1]).toMatchObject({ status: 'warning' });
  });
});
