import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makeHome, runCommand, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A reverse proxy that sends `X-Forwarded-For` and, if told to, its own Host header. */
async function startProxy() {
  const proxy = { target: '', replacesHost: false, url: '' };
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, 'x-forwarded-for': '192.0.2.7' };
    if (proxy.replacesHost) headers.host = new URL(proxy.target).host;
    const options = { method: incoming.method ?? 'GET', headers };
    const forwarded = httpRequest(`${proxy.target}${incoming.url}`, options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close().closeAllConnections());
  proxy.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return proxy;
}

describe('a server behind a proxy', () => {
  it('is diagnosed by "newswire doctor", and warns once of a proxy that it does not trust', async () => {
    const home = makeHome('sources:\n  - { url: "file:none.xml", id: one }\n');
    cleanups.push(() => home.remove());
    const proxy = await startProxy();
    const server = await startServer(home, { PUBLIC_URL: proxy.url });
    cleanups.push(() => server.end('SIGKILL'));
    proxy.target = server.url;
    const env = { PUBLIC_URL: proxy.url, PORT: new URL(server.url).port };
    const doctor = async () => {
      const { stdout } = await runCommand(home, ['doctor', '--json'], env);
      const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; remedy: string }[] };
      return findings;
    };

    const findings = await doctor();
    expect(findings.find(({ check }) => check === 'server')).toMatchObject({ status: 'ok' });
    expect(findings.find(({ check }) => check === 'database')).toMatchObject({ status: 'ok' });
    expect(findings.filter(({ check }) => check === 'public-url')).toMatchObject([
      { status: 'warning', remedy: 'Set TRUSTED_PROXIES=127.0.0.1' },
    ]);
    proxy.replacesHost = true;
    const remedies = (await doctor()).filter(({ check }) => check === 'public-url').map(({ remedy }) => remedy);
    expect(remedies).toContain('Let it pass the header; nginx: proxy_set_header Host $host');

    for (let count = 0; count < 5; count += 1) await (await fetch(`${proxy.url}/`)).text();
    const warnings = (): string[] =>
      server
        .output()
        .split('\n')
        .filter((line) => line.includes('TRUSTED_PROXIES='));
    await until('the warning', () => warnings()[0]);
    expect(warnings()).toHaveLength(1);
    expect((await fetch(`${proxy.url}/diagnostics/request`)).status).toBe(404);
  });
});
