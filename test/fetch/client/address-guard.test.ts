import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/domain/config-error.ts';
import { createAddressGuard, type GuardOptions, serversOf } from '../../../src/fetch/client/address-guard.ts';
import { FetchError } from '../../../src/fetch/client/fetch-error.ts';

/** The result of checking a URL before names are resolved: the failure code, or `passes`. */
function checkUrl(url: string, options: Partial<GuardOptions> = {}, base?: URL): string {
  try {
    createAddressGuard({ allow: [], ...options }).check(url, base);
    return 'passes';
  } catch (error) {
    if (error instanceof FetchError) return error.failure;
    throw error;
  }
}

/** The result of checking one resolved address of a name. */
function checkAddress(address: string, target = { hostname: 'example.org', port: 80 }, allow: string[] = []): string {
  return createAddressGuard({ allow }).blockReason(address, target)?.failure ?? 'passes';
}

/** URLs that the guard rejects, with the failure code. */
const urls: readonly (readonly [string, string])[] = [
  ['http://127.0.0.1/', 'blocked_address'],
  ['http://127.1/', 'blocked_address'],
  ['http://2130706433/', 'blocked_address'],
  ['http://0x7f000001/', 'blocked_address'],
  ['http://0x7f.1/', 'blocked_address'],
  ['http://0177.0.0.1/', 'blocked_address'],
  ['http://127.000.000.001/', 'blocked_address'],
  ['http://0/', 'blocked_address'],
  ['http://0.0.0.0/', 'blocked_address'],
  ['http://[::1]/', 'blocked_address'],
  ['http://[::]/', 'blocked_address'],
  ['http://[::ffff:127.0.0.1]/', 'blocked_address'],
  ['http://[::ffff:7f00:1]/', 'blocked_address'],
  ['http://[::ffff:a9fe:a9fe]/', 'blocked_address'],
  ['http://[64:ff9b::7f00:1]/', 'blocked_address'],
  ['http://[64:ff9b:1::a9fe:a9fe]/', 'blocked_address'],
  ['http://[2002:7f00:1::]/', 'blocked_address'],
  ['http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', 'blocked_address'],
  ['http://[::127.0.0.1]/', 'blocked_address'],
  ['http://[::7f00:1]/', 'blocked_address'],
  ['http://[::ffff:0:127.0.0.1]/', 'blocked_address'],
  ['http://[fe80::1]/', 'blocked_address'],
  ['http://[fc00::1]/', 'blocked_address'],
  ['http://[fec0::1]/', 'blocked_address'],
  ['http://[ff02::1]/', 'blocked_address'],
  ['http://[fd00:ec2::254]/latest/meta-data/', 'blocked_address'],
  ['http://[100::1]/', 'blocked_address'],
  ['http://[2001:db8::1]/', 'blocked_address'],
  ['http://[3fff::1]/', 'blocked_address'],
  ['http://[5f00::1]/', 'blocked_address'],
  ['http://169.254.169.254/latest/meta-data/', 'blocked_address'],
  ['http://2852039166/', 'blocked_address'],
  ['http://0xA9FEA9FE/', 'blocked_address'],
  ['http://10.0.0.1/', 'blocked_address'],
  ['http://172.16.0.1/', 'blocked_address'],
  ['http://172.31.255.255/', 'blocked_address'],
  ['http://192.168.1.1/', 'blocked_address'],
  ['http://100.64.0.1/', 'blocked_address'],
  ['http://100.100.100.200/', 'blocked_address'],
  ['http://192.0.0.192/', 'blocked_address'],
  ['http://192.0.2.1/', 'blocked_address'],
  ['http://198.18.0.1/', 'blocked_address'],
  ['http://198.51.100.1/', 'blocked_address'],
  ['http://203.0.113.1/', 'blocked_address'],
  ['http://224.0.0.1/', 'blocked_address'],
  ['http://240.0.0.1/', 'blocked_address'],
  ['http://255.255.255.255/', 'blocked_address'],
  ['http://168.63.129.16/', 'blocked_address'],
  ['http://①②⑦.⓪.⓪.①/', 'blocked_address'],
  ['http://127。0。0。1/', 'blocked_address'],
  ['http://localhost/', 'blocked_address'],
  ['http://LOCALHOST./', 'blocked_address'],
  ['http://foo.localhost/', 'blocked_address'],
  ['http://printer.local/', 'blocked_address'],
  ['http://db.internal/', 'blocked_address'],
  ['http://metadata.google.internal/', 'blocked_address'],
  ['http://user:pw@127.0.0.1/', 'blocked_address'],
  ['http://example.com@127.0.0.1/', 'blocked_address'],
  ['http://127.0.0.1#@example.com/', 'blocked_address'],
  ['http://127.0.0.1\\@example.com/', 'blocked_address'],
  ['http:///127.0.0.1/', 'blocked_address'],
  ['http:127.0.0.1', 'blocked_address'],
  ['http://[fe80::1%25eth0]/', 'bad_url'],
  ['http://256.256.256.256/', 'bad_url'],
  ['http://1.2.3.4.5/', 'bad_url'],
  ['file:///etc/passwd', 'bad_scheme'],
  ['gopher://example.org/', 'bad_scheme'],
  ['ftp://example.org/', 'bad_scheme'],
  ['dict://example.org/', 'bad_scheme'],
  ['data:text/xml,<rss/>', 'bad_scheme'],
  ['jar:http://example.org/a.jar!/', 'bad_scheme'],
  ['http://example.org:22/', 'bad_port'],
  ['http://example.org:25/', 'bad_port'],
  ['http://example.org:6379/', 'bad_port'],
  ['https://example.org:11211/', 'bad_port'],
  ['http://93.184.215.14:5432/', 'bad_port'],
  ['http://example.org:0/', 'bad_port'],
  [`http://${'a'.repeat(300)}.example/`, 'bad_url'],
  ['http://xn--zzzzzzzzzzzzzz99999999.example/', 'bad_url'],
  [`http://${'abcdefgh.'.repeat(40)}example/`, 'bad_url'],
];

describe('createAddressGuard', () => {
  it.each(urls)('rejects %s as %s', (url, failure) => {
    expect(checkUrl(url)).toBe(failure);
  });

  it.each([
    'http://example.org/f',
    'https://example.org:8443/',
    'http://93.184.215.14/',
    'http://[2606:4700::6810:84e5]/',
  ])('accepts %s', (url) => {
    expect(checkUrl(url)).toBe('passes');
  });

  it.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:10.0.0.1'],
    ['::7f00:1'],
    ['fe80::1%eth0'],
    ['168.63.129.16'],
    ['not an address'],
    [''],
  ])('rejects a name that resolves to "%s"', (address) => {
    expect(checkAddress(address)).toBe('blocked_address');
  });

  it('accepts a name that resolves to a public address', () => {
    expect(checkAddress('93.184.215.14')).toBe('passes');
    expect(checkAddress('2606:4700::6810:84e5')).toBe('passes');
  });

  it('rejects a local name even if it resolves to a public address', () => {
    expect(checkAddress('93.184.215.14', { hostname: 'router.local', port: 80 })).toBe('blocked_address');
  });

  it('accepts a name that only ends like a local one', () => {
    expect(checkUrl('http://mylocalhost/')).toBe('passes');
    expect(checkUrl('http://glocal/')).toBe('passes');
    expect(checkUrl('http://internal.example.org/')).toBe('passes');
  });

  it('rejects a user name in the URL of a public host', () => {
    expect(checkUrl('http://user@example.org/')).toBe('bad_url');
    expect(checkUrl('//user:pw@example.org/', {}, new URL('http://example.org/'))).toBe('bad_url');
  });

  it('resolves a relative reference against its base', () => {
    expect(checkUrl('//127.0.0.1/', {}, new URL('http://example.org/'))).toBe('blocked_address');
    expect(checkUrl('/feed', {}, new URL('http://example.org/'))).toBe('passes');
  });

  it('converts an internationalised host to punycode', () => {
    // The first letter is Cyrillic.
    const url = createAddressGuard({ allow: [] }).check('http://еxample.org/');
    expect(url.hostname).toBe('xn--xample-2of.org');
  });

  it('removes the fragment', () => {
    expect(createAddressGuard({ allow: [] }).check('http://example.org/f#top').href).toBe('http://example.org/f');
  });

  it('keeps query and percent-encoding unchanged', () => {
    const { href } = createAddressGuard({ allow: [] }).check('http://example.org/%7Ef?a=b&a=c&');
    expect(href).toBe('http://example.org/%7Ef?a=b&a=c&');
    expect(createAddressGuard({ allow: [] }).check('http://example.org/f?').href).toBe('http://example.org/f?');
  });
});

describe('createAddressGuard with allowed ranges', () => {
  const allow = ['127.0.0.0/8', 'fd00::/8', '10.1.2.3'];

  it.each([
    'http://127.0.0.1/',
    'http://127.0.0.1:6379/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]:22/',
    'http://10.1.2.3/',
  ])('allows %s on every port', (url) => {
    expect(checkUrl(url, { allow })).toBe('passes');
  });

  it.each([
    'http://10.1.2.4/',
    'http://169.254.169.254/',
    'http://[::1]/',
    'http://[fe80::1]/',
  ])('rejects %s', (url) => {
    expect(checkUrl(url, { allow })).toBe('blocked_address');
  });

  it('allows a name that resolves into the range', () => {
    expect(checkUrl('http://localhost:6379/', { allow })).toBe('passes');
    expect(checkAddress('127.0.0.1', { hostname: 'localhost', port: 6379 }, allow)).toBe('passes');
  });

  it('rejects bad ports and local names outside the ranges', () => {
    expect(checkAddress('93.184.215.14', { hostname: 'example.org', port: 6379 }, allow)).toBe('bad_port');
    expect(checkAddress('93.184.215.14', { hostname: 'localhost', port: 80 }, allow)).toBe('blocked_address');
    expect(checkAddress('10.0.0.1', { hostname: 'example.org', port: 80 }, allow)).toBe('blocked_address');
  });

  it('checks the embedded IPv4 address if NAT64 is allowed', () => {
    const open = ['64:ff9b::/96'];
    expect(checkUrl('http://[64:ff9b::5db8:d70e]/', { allow: open })).toBe('passes');
    expect(checkUrl('http://[64:ff9b::7f00:1]/', { allow: open })).toBe('blocked_address');
    expect(checkUrl('http://[64:ff9b::a00:1]/', { allow: [...open, '10.0.0.0/8'] })).toBe('passes');
  });

  it('reports every invalid range', () => {
    const problems = (() => {
      try {
        createAddressGuard({ allow: ['10.0.0.0/8', '10.0.0.0/99', 'lan'] });
      } catch (error) {
        if (error instanceof ConfigError) return error.problems;
        throw error;
      }
      return [];
    })();
    expect(problems.map((problem) => problem.what)).toEqual([
      '"10.0.0.0/99" is not an address range',
      '"lan" is not an address range',
    ]);
  });
});

describe('createAddressGuard with own origins', () => {
  it('rejects this server by name and by the other scheme', () => {
    const ownOrigins = ['https://news.example.org', 'http://127.0.0.1:3000'];
    expect(checkUrl('https://news.example.org/feed.rss', { ownOrigins })).toBe('blocked_address');
    expect(checkUrl('http://127.0.0.1:3000/feed.rss', { ownOrigins, allow: ['127.0.0.0/8'] })).toBe('blocked_address');
    expect(checkUrl('http://127.0.0.1:3001/feed.rss', { ownOrigins, allow: ['127.0.0.0/8'] })).toBe('passes');
  });
});

describe('the messages of createAddressGuard', () => {
  const detailOf = (url: string): string => {
    try {
      createAddressGuard({ allow: [] }).check(url);
    } catch (error) {
      if (error instanceof FetchError) return error.message;
      throw error;
    }
    return '';
  };

  it('contain neither path nor query nor password', () => {
    const details = [
      detailOf('http://10.0.0.1/secret?token=secret'),
      detailOf('http://user:secret@example.org/'),
      detailOf('http://example.org:22/secret'),
      detailOf('ftp://example.org/secret'),
    ];
    for (const detail of details) {
      expect(detail).not.toBe('');
      expect(detail).not.toContain('secret');
    }
  });

  it('are equal for every port of a blocked host', () => {
    expect(detailOf('http://10.0.0.1:80/')).toBe(detailOf('http://10.0.0.1:6379/'));
  });
});

describe('createAddressGuard with allowed ports', () => {
  const ports = [80, 443];

  it.each([
    ['https://example.org/', 'passes'],
    ['http://example.org:443/', 'passes'],
    ['http://example.org:8080/', 'bad_port'],
    ['http://93.184.215.14:8443/', 'bad_port'],
    ['http://example.org:6379/', 'bad_port'],
  ])('decides that %s %s', (url, expected) => {
    expect(checkUrl(url, { ports })).toBe(expected);
  });

  it('allows any port inside an allowed range only', () => {
    const guard = createAddressGuard({ allow: ['10.0.0.0/8'], ports });
    const target = { hostname: 'example.org', port: 3000 };
    expect(guard.blockReason('10.1.2.3', target)).toBeNull();
    expect(guard.blockReason('93.184.215.14', target)?.failure).toBe('bad_port');
  });
});

describe('createAddressGuard with configured hosts', () => {
  const written = ['http://10.0.0.5:8080/feed.xml', 'https://Intranet.example./feed', 'http://[fd00::1]/', 'file:///x'];
  const configured = { networks: ['10.0.0.0/8', 'fd00::/8'], includes: serversOf(written) };

  it.each([
    ['http://10.0.0.5:8080/other', 'passes'],
    ['http://[fd00::1]/other', 'passes'],
    // The same server over TLS.
    ['https://[fd00::1]/', 'passes'],
    ['http://10.0.0.5:6379/', 'blocked_address'],
    ['http://10.0.0.5/', 'blocked_address'],
    ['http://10.0.0.6:8080/', 'blocked_address'],
    ['http://db.internal/', 'blocked_address'],
  ])('decides for %s: %s', (url, expected) => {
    expect(checkUrl(url, { configuredHosts: configured })).toBe(expected);
  });

  it.each([
    ['intranet.example', '10.1.2.3', 443, 'passes'],
    ['intranet.example', '10.1.2.3', 80, 'passes'],
    ['intranet.example', '192.168.0.1', 443, 'blocked_address'],
    ['intranet.example', '10.1.2.3', 8443, 'blocked_address'],
    ['callback.example', '10.1.2.3', 443, 'blocked_address'],
  ])('decides for %s at %s, port %i: %s', (hostname, address, port, expected) => {
    const refused = createAddressGuard({ allow: [], configuredHosts: configured }).blockReason(address, {
      hostname,
      port,
    });
    expect(refused?.failure ?? 'passes').toBe(expected);
  });

  it('names the variable that would allow a host that is not configured', () => {
    const guard = createAddressGuard({ allow: [], configuredHosts: configured });
    const refused = guard.blockReason('10.1.2.3', { hostname: 'callback.example', port: 443 });
    expect(refused?.message).toBe(
      'callback.example resolves to a private address, and no source or webhook is declared there. To allow it, add its range to ALLOW_PRIVATE_NETWORKS_FOR_ALL',
    );
  });
});
