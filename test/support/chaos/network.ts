import { connect, Socket } from 'node:net';
import type { Dial } from '../../../src/fetch/client/connector.ts';
import { createResolver, type Resolve } from '../../../src/fetch/client/resolver.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { type Certificate, makeCertificate } from '../../fetch/certificates.ts';
import { type OriginOptions, type Reply, startOrigin, startRawOrigin } from '../origin.ts';
import {
  type CaseContext,
  type ChaosCase,
  document,
  goodDocument,
  laterDocument,
  type PrepareCase,
  rss,
} from './chaos-case.ts';

/** The name of the origin in cases about names. */
const chaosName = 'chaos.example.org';
export const publicAddress = '93.184.215.14';
const otherAddress = '93.184.215.15';
/** In cases about addresses, only the origin of the neighbour may be requested here. */
const onlyNeighbour = ['127.0.0.2/32'];

/** The first response closes its connection, so that the second read needs a lookup and a new connection. */
const goodOnce: Reply = { headers: { Connection: 'close', ETag: '"good"' }, body: goodDocument };
const goodKept: Reply = { headers: { ETag: '"good"' }, body: goodDocument };
const later = document(laterDocument);

/** Connects the name of a case to ports of loopback, in order, and reports the dialled address as the remote one. */
function leading(ports: readonly number[], dialled: string[] = []): Dial {
  let dials = 0;
  return ({ hostname, port }, addresses) => {
    if (hostname !== chaosName) return connect({ host: addresses[0] ?? '', port });
    const to = ports[Math.min(dials, ports.length - 1)] ?? 0;
    dials += 1;
    dialled.push(addresses.join(' '));
    return Object.defineProperty(connect({ host: '127.0.0.1', port: to }), 'remoteAddress', { value: addresses[0] });
  };
}

/** The public address at the first lookup, then another result. */
function then(answer: Resolve): Resolve {
  let asked = 0;
  return (name) => {
    asked += 1;
    return asked === 1 ? Promise.resolve([publicAddress]) : answer(name);
  };
}

function byName({ url }: CaseContext): string {
  return url.replace('127.0.0.1', chaosName);
}

/** A successful read, then one for which the name has another address or none. */
function afterGoodName(answer: Resolve): PrepareCase {
  return (place) => ({
    url: byName(place),
    replies: [goodOnce, later],
    network: { resolve: then(answer), dial: leading([place.origin.port]), allowPrivateNetworks: onlyNeighbour },
  });
}

function failing(code: string): Resolve {
  return () => Promise.reject(Object.assign(new Error(`query ${code}`), { code }));
}

const authority = makeCertificate({ name: 'Test authority' });
const certificate = (options: { readonly hosts?: readonly string[]; readonly notAfter?: Date; issuer?: Certificate }) =>
  makeCertificate({ name: 'x', hosts: [chaosName], issuer: authority, ...options });

/** A successful read over TLS, then another server at the same address. */
function afterGoodTls(serve: (place: CaseContext) => Promise<number>): PrepareCase {
  return async (place) => {
    const first = await startOrigin({ tls: certificate({}) });
    first.on(place.path, goodOnce);
    place.closing(() => first.close());
    const port = await serve(place);
    return {
      url: `https://${chaosName}${place.path}`,
      network: { resolve: async () => [publicAddress], dial: leading([first.port, port]), ca: [authority.cert] },
    };
  };
}

function secured(tls: NonNullable<OriginOptions['tls']>): PrepareCase {
  return afterGoodTls(async ({ path, closing }) => {
    const origin = await startOrigin({ tls });
    origin.on(path, later);
    closing(() => origin.close());
    return origin.port;
  });
}

const stalled: PrepareCase = afterGoodTls(async ({ closing }) => {
  const origin = await startRawOrigin((socket) => socket.on('error', () => socket.destroy()));
  closing(() => origin.close());
  return origin.port;
});

const selfSigned = makeCertificate({ name: 'x', hosts: [chaosName] });
const longChain = ((): Certificate => {
  const { key, cert } = certificate({});
  return { key, cert: cert + authority.cert.repeat(400) };
})();
/** Rejects every offered protocol, like a server that supports only HTTP/2. */
const onlyHttp2 = { ...certificate({}), ALPNCallback: () => undefined };

const frame = (type: number, body: number[]) =>
  Buffer.from([0, 0, body.length, type, 0, 0, 0, 0, type === 4 ? 0 : 1, ...body]);
const resets = Buffer.concat([frame(4, []), ...Array(10_000).fill(frame(3, [0, 0, 0, 8]))]);

/** Failures below HTTP: names, addresses, connections, TLS. */
export const networkCases: Readonly<Record<string, ChaosCase>> = {
  H02: {
    what: 'a host that drops every packet',
    limits: { connectMs: 1_000 },
    variants: {
      blackhole: (place) => {
        const dial = leading([place.origin.port]);
        let dials = 0;
        return {
          url: byName(place),
          replies: [goodOnce],
          network: {
            resolve: async () => [publicAddress],
            dial: (target, addresses) => {
              dials += target.hostname === chaosName ? 1 : 0;
              // A socket that never connects behaves like one whose packets are lost.
              return target.hostname === chaosName && dials > 1 ? new Socket() : dial(target, addresses);
            },
          },
        };
      },
    },
  },
  H72: {
    what: 'a hub that pushes without a subscription',
    variants: {
      hub: ({ canary }) => [
        document(rss('', `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="${canary.url}/hub"/>`), {
          Link: `<${canary.url}/hub>; rel="hub"`,
        }),
      ],
    },
  },
  H73: {
    what: 'names that cannot be resolved, or resolve to another address the second time',
    limits: { dnsMs: 1_000 },
    variants: {
      NXDOMAIN: afterGoodName(failing('ENOTFOUND')),
      SERVFAIL: afterGoodName(failing('ESERVFAIL')),
      'no answer': afterGoodName(() => new Promise(() => {})),
      // The answer of name servers that stop within a chain of CNAMEs: no address.
      'chain of 50': afterGoodName(failing('ENODATA')),
      rebinding: afterGoodName(async () => ['127.0.0.1']),
    },
  },
  H74: {
    what: 'a private IPv6 and a public IPv4 address',
    variants: {
      mixed: (place) => {
        const dialled: string[] = [];
        const resolve = createResolver({
          clock: systemClock,
          readHosts: async () => '',
          query: async (_name, family) => [{ address: family === 6 ? 'fd00::1' : publicAddress, ttl: 60 }],
        });
        const dial = leading([place.origin.port], dialled);
        const network = { resolve, dial, dialled, allowPrivateNetworks: onlyNeighbour };
        return { url: byName(place), replies: [goodOnce, later], network };
      },
    },
  },
  H75: {
    what: 'an idle connection that is closed on reuse, and a name that has moved',
    variants: {
      closed: () => [goodKept, { raw: '', after: 'end' }, later],
      moved: (place) => {
        const dialled: string[] = [];
        const dial = leading([place.origin.port], dialled);
        const replies = [goodKept, { raw: '', after: 'end' } as const, later];
        return { url: byName(place), replies, network: { resolve: then(async () => [otherAddress]), dial, dialled } };
      },
    },
  },
  H76: {
    what: 'HTTP/2 only',
    variants: {
      'no protocol in common': secured(onlyHttp2),
      'frames in the clear': () => [goodOnce, { raw: frame(4, []), after: 'hang' }],
      'a flood of resets': () => [goodOnce, { raw: resets, after: 'hang' }],
    },
  },
  H77: {
    what: 'invalid TLS certificates',
    limits: { tlsMs: 1_000 },
    variants: {
      expired: secured(certificate({ notAfter: new Date('2020-01-01') })),
      'self-signed': secured(selfSigned),
      'wrong host': secured(certificate({ hosts: ['other.example.org'] })),
      'unknown authority': secured(certificate({ issuer: makeCertificate({ name: 'Nobody' }) })),
      'huge chain': secured(longChain),
      'stalled handshake': stalled,
    },
  },
};
