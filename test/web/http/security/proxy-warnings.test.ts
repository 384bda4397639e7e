import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ProxyWarnings } from '../../../../src/web/http/security/proxy-warnings.ts';
import { createProxyTest } from '../../../../src/web/shared/client-address.ts';

interface Facts {
  readonly variable: string;
  readonly remedy: string;
}

function observe(settings: { publicUrl?: string; trustedProxies?: string[] } = {}) {
  const warnings: Facts[] = [];
  let answered = 0;
  const listener = new ProxyWarnings({
    log: { warn: (facts) => void warnings.push(facts as Facts) },
    publicUrl: settings.publicUrl ?? 'http://127.0.0.1:3000',
    isPublicUrlSet: settings.publicUrl !== undefined,
    isTrustedProxy: createProxyTest(settings.trustedProxies ?? []),
  }).wrap(() => {
    answered += 1;
  });
  const request = (remoteAddress: string, headers: Record<string, string>, url = '/'): void => {
    const incoming = { url, headers, socket: { remoteAddress } };
    listener(incoming as unknown as IncomingMessage, {} as ServerResponse);
  };
  return { warnings, request, answered: () => answered };
}

const forwarded = { 'x-forwarded-for': '192.0.2.7', host: '127.0.0.1:3000' };

describe('X-Forwarded-For from an untrusted address', () => {
  it('is a warning once, which names the variable and the address', () => {
    const { warnings, request, answered } = observe();
    for (let count = 0; count < 100; count += 1) request('127.0.0.1', forwarded);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ variable: 'TRUSTED_PROXIES' });
    expect(warnings[0]?.remedy).toContain('TRUSTED_PROXIES=127.0.0.1');
    expect(answered()).toBe(100);
  });

  it('is still reported of a proxy after public clients have sent the header', () => {
    const { warnings, request } = observe();
    for (const address of ['203.0.113.9', '198.51.100.3', '::ffff:10.0.0.5', '10.0.0.6']) request(address, forwarded);
    expect(warnings.map(({ remedy }) => /TRUSTED_PROXIES=([\d.]+)/.exec(remedy)?.[1])).toEqual([
      '203.0.113.9',
      '10.0.0.5',
    ]);
  });

  it('is no warning from a trusted proxy, or without the header', () => {
    const { warnings, request } = observe({ trustedProxies: ['10.0.0.0/8'] });
    request('10.0.0.5', forwarded);
    request('127.0.0.1', { host: '127.0.0.1:3000' });
    expect(warnings).toEqual([]);
  });
});

describe('a request for another host than PUBLIC_URL', () => {
  const request = (host: string, publicUrl?: string, url = '/'): readonly Facts[] => {
    const observed = observe(publicUrl === undefined ? {} : { publicUrl });
    observed.request('192.0.2.7', { host }, url);
    observed.request('192.0.2.7', { host: `other.${host}` }, url);
    return observed.warnings;
  };

  it('is a warning once, which names the variable', () => {
    const [warning, ...more] = request('old.example.org', 'https://news.example.org');
    expect(warning).toMatchObject({ variable: 'PUBLIC_URL', host: 'old.example.org' });
    expect(more).toEqual([]);
  });

  it('is a warning when PUBLIC_URL is not set', () => {
    const [warning] = request('news.example.org');
    expect(warning?.remedy).toBe('Set PUBLIC_URL to the address that readers use, such as https://news.example.org');
  });

  it('has its control characters removed', () => {
    expect(JSON.stringify(request('a\u001b[31m\u202eb'))).not.toMatch(/\\u001b|\u202e/);
  });

  it.each([
    ['the host of PUBLIC_URL', 'news.example.org', '/'],
    ['the host of PUBLIC_URL with a port', 'news.example.org:8080', '/'],
    ['an IP address', '192.0.2.1:3000', '/'],
    ['localhost', 'localhost:3000', '/'],
    ['a health check', 'pod-17', '/healthz'],
    ['a scrape of metrics', 'pod-17:3000', '/metrics'],
  ])('is not reported for %s', (_, host, url) => {
    const { warnings, request: send } = observe({ publicUrl: 'https://news.example.org' });
    send('192.0.2.7', { host }, url);
    expect(warnings).toEqual([]);
  });
});
