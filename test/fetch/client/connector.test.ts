import { connect, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import type { Dial } from '../../../src/fetch/client/connector.ts';
import { createResolver, type Resolve } from '../../../src/fetch/client/resolver.ts';
import { notesOf } from '../../support/notes.ts';
import { makeCertificate } from '../certificates.ts';
import {
  aFetcher,
  anHttpClient,
  anOrigin,
  aRawOrigin,
  cleanUp,
  failed,
  fresh,
  noonClock,
  outcomeCode,
  read,
  text,
} from '../fetch-fixtures.ts';

cleanUp();

const feed = '<rss/>';
const publicAddress = '93.184.215.14';

/** Records the target of a connection, and connects to the origin on loopback instead. */
function network(port: number): { readonly dial: Dial; readonly dialled: string[][] } {
  const dialled: string[][] = [];
  const dial: Dial = (_target, addresses) => {
    dialled.push([...addresses]);
    return connect({ host: '127.0.0.1', port });
  };
  return { dial, dialled };
}

/** Makes the socket report another remote address. */
function pretend(socket: Socket, address: string): Socket {
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  return socket;
}

describe('createConnector and names', () => {
  it('rejects a name with a private address without dialling it', async () => {
    const origin = await anOrigin();
    const { dial, dialled } = network(origin.port);
    const resolve: Resolve = async () => ['10.0.0.1'];
    const fetcher = aFetcher({ allowPrivateNetworks: [], resolve, dial });
    const outcome = failed(await read(fetcher, 'http://127.0.0.1.nip.example/feed'));
    expect(outcome.failure).toBe('blocked_address');
    expect(outcome.detail).not.toContain('10.0.0.1');
    expect(dialled).toEqual([]);
  });

  it('H73: is not affected by a name that changes its address after the check', async () => {
    const origin = await anOrigin();
    const { dial, dialled } = network(origin.port);
    const answers = [[publicAddress], ['127.0.0.1']];
    let asked = 0;
    const resolve: Resolve = async () => answers[Math.min(asked++, 1)] ?? [];
    const fetcher = aFetcher({
      allowPrivateNetworks: [],
      resolve,
      dial: (target, addresses) => pretend(dial(target, addresses), publicAddress),
    });
    origin.on('/feed', { headers: { Connection: 'close' }, body: feed });
    expect(outcomeCode(await read(fetcher, 'http://rebind.example/feed'))).toBe('fresh');
    expect(outcomeCode(await read(fetcher, 'http://rebind.example/feed'))).toBe('blocked_address');
    expect(asked).toBe(2);
    expect(dialled).toEqual([[publicAddress]]);
  });

  it('H74: excludes private addresses and reports it once', async () => {
    const origin = await anOrigin();
    const { dial, dialled } = network(origin.port);
    const fetcher = aFetcher({
      allowPrivateNetworks: [],
      resolve: async () => ['::1', publicAddress, '127.0.0.1', '2606:4700::6810:84e5', '10.0.0.1'],
      dial: (target, addresses) => pretend(dial(target, addresses), publicAddress),
    });
    origin.on('/feed', { body: feed });
    const outcome = fresh(await read(fetcher, 'http://mixed.example/feed'));
    expect(outcome.facts.notes).toEqual(notesOf('blocked_address'));
    expect(dialled).toEqual([[publicAddress, '2606:4700::6810:84e5']]);
    expect(fresh(await read(fetcher, 'http://mixed.example/feed')).facts.notes).toEqual([]);
  });

  it('checks the connected address', async () => {
    const origin = await anOrigin();
    const { dial } = network(origin.port);
    const fetcher = aFetcher({ allowPrivateNetworks: [], resolve: async () => [publicAddress], dial });
    expect(failed(await read(fetcher, 'http://example.org/feed')).failure).toBe('blocked_address');
    expect(origin.requests).toEqual([]);
    await expect.poll(() => origin.open).toBe(0);
  });

  it('connects a name to checked addresses only', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: feed });
    const fetcher = aFetcher({ resolve: async () => ['127.0.0.1'] });
    const outcome = fresh(await read(fetcher, `http://feeds.example.org:${origin.port}/feed`));
    expect(text(outcome.body)).toBe(feed);
    expect(origin.requests[0]?.headers['host']).toBe(`feeds.example.org:${origin.port}`);
  });

  it('tries the next address if one does not respond', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: feed });
    // Nothing listens at the second loopback address.
    const fetcher = aFetcher({ resolve: async () => ['127.0.0.2', '127.0.0.1'] });
    expect(outcomeCode(await read(fetcher, `http://feeds.example.org:${origin.port}/feed`))).toBe('fresh');
  });

  it('does not resolve an IP address', async () => {
    const asked: string[] = [];
    const resolve: Resolve = async (name) => {
      asked.push(name);
      return [publicAddress];
    };
    const fetcher = aFetcher({ allowPrivateNetworks: [], resolve });
    expect(outcomeCode(await read(fetcher, 'http://127.0.0.1:9/feed'))).toBe('blocked_address');
    expect(outcomeCode(await read(fetcher, 'http://[::1]/feed'))).toBe('blocked_address');
    expect(asked).toEqual([]);
  });

  it.each(['ENOTFOUND', 'ESERVFAIL', 'EREFUSED'])('H73: reports %s as a failed lookup', async (code) => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error(`queryA ${code} secret.example.org`), { code });
    };
    const outcome = failed(await read(aFetcher({ resolve }), 'http://example.org/feed'));
    expect(outcome.failure).toBe('dns_error');
    expect(outcome.facts.notes).toEqual(code === 'ENOTFOUND' ? notesOf('nxdomain') : []);
    expect(outcome.detail).toBe(`example.org cannot be resolved (${code}). Check the spelling of the host`);
  });

  it('H73: aborts a lookup that takes too long', async () => {
    const outcome = failed(
      await read(aFetcher({ resolve: () => new Promise(() => {}), limits: { dnsMs: 100 } }), 'http://example.org/feed'),
    );
    expect(outcome.failure).toBe('dns_error');
    expect(outcome.facts.durationMs).toBeLessThan(4_000);
  });

  it('reports a name without addresses', async () => {
    expect(failed(await read(aFetcher({ resolve: async () => [] }), 'http://example.org/')).failure).toBe('dns_error');
  });
});

describe('createConnector and connections', () => {
  it('H02: aborts a connection to a host that does not respond', async () => {
    // A connection attempt without response: a socket that never connects.
    const fetcher = aFetcher({
      resolve: async () => ['127.0.0.1'],
      dial: () => new Socket(),
      limits: { connectMs: 200 },
    });
    const outcome = failed(await read(fetcher, 'http://example.org/feed'));
    expect(outcome.failure).toBe('connect_timeout');
    expect(outcome.detail).toBe('No connection within 0.2 s. The server may be down');
  });

  it('reports a port that refuses connections', async () => {
    const origin = await anOrigin();
    await origin.close();
    const outcome = failed(await read(aFetcher(), `${origin.url}/feed?token=secret`));
    expect(outcome).toMatchObject({ failure: 'connect_error', facts: { status: null, bytes: 0 } });
    expect(outcome.detail).toContain('ECONNREFUSED');
    expect(outcome.detail).not.toContain('secret');
  });
});

describe('TLS', () => {
  const authority = makeCertificate({ name: 'Test authority' });
  const ca = [authority.cert];
  const good = makeCertificate({ name: 'localhost', hosts: ['127.0.0.1', 'example.org'], issuer: authority });

  it('accepts a certificate of a known authority', async () => {
    const origin = await anOrigin({ tls: good });
    origin.on('/feed', { body: feed });
    expect(text(fresh(await read(aFetcher({ ca }), `${origin.url}/feed`)).body)).toBe(feed);
  });

  it('checks the name of the certificate and sends it as SNI', async () => {
    const origin = await anOrigin({ tls: good });
    let wanted: unknown = null;
    origin.on('/feed', (_request, socket) => {
      wanted = (socket as Socket & { servername?: unknown }).servername;
      return { body: feed };
    });
    const fetcher = aFetcher({ ca, resolve: async () => ['127.0.0.1'] });
    expect(outcomeCode(await read(fetcher, `https://example.org:${origin.port}/feed`))).toBe('fresh');
    expect(wanted).toBe('example.org');
    expect(outcomeCode(await read(fetcher, `https://example.org.:${origin.port}/feed`))).toBe('fresh');
  });

  it.each([
    [
      'expired',
      makeCertificate({ name: 'x', hosts: ['127.0.0.1'], issuer: authority, notAfter: new Date('2020-01-01') }),
      'has expired',
    ],
    [
      'not valid yet',
      makeCertificate({ name: 'x', hosts: ['127.0.0.1'], issuer: authority, notBefore: new Date('2098-01-01') }),
      'not valid yet',
    ],
    ['self-signed', makeCertificate({ name: 'x', hosts: ['127.0.0.1'] }), 'self-signed'],
    ['for another host', makeCertificate({ name: 'x', hosts: ['example.com'], issuer: authority }), 'for another host'],
    [
      'of an unknown authority',
      makeCertificate({ name: 'x', hosts: ['127.0.0.1'], issuer: makeCertificate({ name: 'Nobody' }) }),
      'not signed by a known authority',
    ],
  ])('H77: rejects a certificate that is %s', async (_what, tls, reason) => {
    const origin = await anOrigin({ tls });
    const outcome = failed(await read(aFetcher({ ca }), `${origin.url}/feed`));
    expect(outcome.failure).toBe('tls_error');
    expect(outcome.detail).toContain(reason);
    expect(origin.requests).toEqual([]);
  });

  it('verifies certificates whatever the environment contains', async () => {
    const origin = await anOrigin({ tls: makeCertificate({ name: 'x', hosts: ['127.0.0.1'] }) });
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue();
    try {
      expect(outcomeCode(await read(aFetcher(), `${origin.url}/feed`))).toBe('tls_error');
    } finally {
      warnings.mockRestore();
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('H77: rejects a chain of hundreds of certificates', async () => {
    const origin = await anOrigin({ tls: { key: good.key, cert: good.cert + authority.cert.repeat(400) } });
    expect(outcomeCode(await read(aFetcher({ ca }), `${origin.url}/feed`))).toBe('tls_error');
  });

  it('H77: aborts a stalled handshake', async () => {
    const origin = await aRawOrigin((socket) => socket.on('error', () => socket.destroy()));
    const outcome = failed(await read(aFetcher({ limits: { tlsMs: 200 } }), `https://127.0.0.1:${origin.port}/feed`));
    expect(outcome).toMatchObject({
      failure: 'tls_error',
      detail: 'The TLS handshake took longer than 0.2 s. The server may be overloaded',
    });
  });

  it('reports a server without TLS', async () => {
    const origin = await anOrigin();
    expect(outcomeCode(await read(aFetcher(), `https://127.0.0.1:${origin.port}/feed`))).toBe('tls_error');
  });

  it('H76: reports a server that supports only HTTP/2', async () => {
    const server = createTlsServer({ ...good, ALPNProtocols: ['h2'] }, (socket) => socket.destroy());
    server.on('tlsClientError', () => null);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const outcome = failed(await read(aFetcher({ ca }), `https://127.0.0.1:${port}/feed`));
      expect(outcome.failure).toBe('protocol_error');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('sends no TLS bytes to a forbidden address', async () => {
    const received: Buffer[] = [];
    const origin = await aRawOrigin((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => received.push(chunk));
    });
    const { dial } = network(origin.port);
    const fetcher = aFetcher({ allowPrivateNetworks: [], resolve: async () => [publicAddress], dial });
    expect(outcomeCode(await read(fetcher, 'https://example.org/feed'))).toBe('blocked_address');
    expect(received).toEqual([]);
  });
});

describe('createAddressLookup', () => {
  const answers = (...addresses: string[]) =>
    anHttpClient({ allowPrivateNetworks: [], resolve: async () => addresses });

  it('returns the first allowed address', async () => {
    expect(await answers('10.0.0.1', publicAddress, '93.184.215.15').addressOf('example.org:8080')).toBe(publicAddress);
  });

  it('returns an IP address synchronously', () => {
    const client = answers();
    expect(client.addressOf('192.0.2.7:8080')).toBe('192.0.2.7');
    expect(client.addressOf('[2001:db8::1]')).toBe('2001:db8::1');
  });

  it.each([
    ['no address', async () => []],
    ['private addresses only', async () => ['10.0.0.1', '127.0.0.1']],
    ['no response', async () => Promise.reject(new Error('SERVFAIL'))],
  ])('returns null if the name has %s', async (_, resolve) => {
    expect(await anHttpClient({ allowPrivateNetworks: [], resolve }).addressOf('example.org')).toBeNull();
  });

  it('returns null if the name server does not answer in time', async () => {
    const client = anHttpClient({ resolve: () => new Promise(() => {}), limits: { dnsMs: 10 } });
    expect(await client.addressOf('example.org')).toBeNull();
  });

  it('returns null for an invalid host', () => {
    expect(answers().addressOf('a b')).toBeNull();
  });

  it('shares the cached lookup with the fetch', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: feed });
    let queries = 0;
    const query = async (_hostname: string, family: 4 | 6) => {
      queries += 1;
      return family === 4 ? [{ address: '127.0.0.1', ttl: 60 }] : [];
    };
    const resolve = createResolver({ clock: noonClock, readHosts: async () => '', query });
    const fetcher = aFetcher({ resolve });
    expect(await fetcher.addressOf(`example.org:${origin.port}`)).toBe('127.0.0.1');
    expect(outcomeCode(await read(fetcher, `http://example.org:${origin.port}/feed`))).toBe('fresh');
    expect(queries).toBe(2);
  });
});
