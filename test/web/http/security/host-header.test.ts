import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseRepeatedHost } from '../../../../src/web/http/security/host-header.ts';
import { openRaw } from '../../../support/raw-connection.ts';

const server = createServer(refuseRepeatedHost((_incoming, outgoing) => void outgoing.end('answered')));
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
});

async function request(...headers: string[]): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const lines = ['GET / HTTP/1.1', ...headers, 'Connection: close', '', ''];
  const connection = await openRaw(port, lines.join('\r\n'));
  await connection.ended;
  return connection.received();
}

describe('a request', () => {
  it('with one Host header is answered', async () => {
    expect(await request('Host: a.example.org', 'X-Host: b')).toMatch(/^HTTP\/1\.1 200 .*answered$/s);
  });

  it.each([
    [['Host: a.example.org', 'Host: b.example.org']],
    [['Host: a.example.org', 'Accept: */*', 'hOST: a.example.org']],
  ])('with the headers %j is answered 400', async (headers) => {
    expect(await request(...headers)).toMatch(/^HTTP\/1\.1 400 .*several Host headers/s);
  });
});
