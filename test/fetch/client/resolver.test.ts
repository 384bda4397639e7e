import { describe, expect, it } from 'vitest';
import { createResolver, type ResolverParts } from '../../../src/fetch/client/resolver.ts';
import type { Clock } from '../../../src/runtime/clock.ts';

const noSuchName = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
const noAnswer = () => Promise.reject(Object.assign(new Error('no'), { code: 'ESERVFAIL' }));

/** A resolver without network access, with a log of its queries. */
function aResolver(parts: Partial<ResolverParts> = {}) {
  let ms = 0;
  const asked: string[] = [];
  const clock: Clock = { now: () => 0, monotonic: () => ms };
  const {
    query = async (_name, family) => (family === 4 ? [{ address: '93.184.215.14', ttl: 300 }] : []),
    system = noSuchName,
    readHosts = async () => '',
  } = parts;
  const resolve = createResolver({
    clock,
    readHosts,
    query: (name, family) => {
      asked.push(`${name} ${family}`);
      return query(name, family);
    },
    system: (name) => {
      asked.push(`${name} system`);
      return system(name);
    },
  });
  return {
    resolve,
    asked,
    advance: (byMs: number) => {
      ms += byMs;
    },
  };
}

describe('createResolver', () => {
  it('returns the addresses of both families, IPv4 first', async () => {
    const { resolve } = aResolver({
      query: async (_name, family) =>
        family === 4
          ? [
              { address: '192.0.2.1', ttl: 300 },
              { address: '192.0.2.2', ttl: 300 },
            ]
          : [{ address: '2001:db8::1', ttl: 300 }],
    });
    expect(await resolve('example.org')).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
  });

  it('accepts one family', async () => {
    const { resolve } = aResolver({
      query: (_name, family) => (family === 6 ? Promise.resolve([{ address: '2001:db8::1', ttl: 9 }]) : noAnswer()),
    });
    expect(await resolve('example.org')).toEqual(['2001:db8::1']);
  });

  it('prefers the hosts file over name servers', async () => {
    const hosts = '# comment\n127.0.0.1 localhost Feeds.test # here\n::1 localhost\n\n10.0.0.9 feeds.test\n';
    const { resolve, asked } = aResolver({ readHosts: async () => hosts });
    expect(await resolve('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await resolve('feeds.test')).toEqual(['127.0.0.1', '10.0.0.9']);
    expect(asked).toEqual([]);
  });

  it('rereads the hosts file after half a minute', async () => {
    let hosts = '';
    const { resolve, advance } = aResolver({ readHosts: async () => hosts });
    expect(await resolve('feeds.test')).toEqual(['93.184.215.14']);
    hosts = '10.0.0.9 feeds.test';
    advance(30_001);
    expect(await resolve('feeds.test')).toEqual(['10.0.0.9']);
  });

  it('queries the system for a name that no name server knows', async () => {
    const { resolve, asked } = aResolver({ query: noSuchName, system: async () => ['10.0.0.7'] });
    expect(await resolve('rss-bridge')).toEqual(['10.0.0.7']);
    expect(asked).toEqual(['rss-bridge 4', 'rss-bridge 6', 'rss-bridge system']);
  });

  it('does not query the system after a name server failure', async () => {
    const { resolve, asked } = aResolver({ query: noAnswer });
    await expect(resolve('example.org')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(asked).not.toContain('example.org system');
  });

  it('does not report NXDOMAIN if the query for one family failed', async () => {
    const { resolve } = aResolver({ query: (_name, family) => (family === 4 ? noSuchName() : noAnswer()) });
    await expect(resolve('example.org')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('queries the system serially', async () => {
    const release: (() => void)[] = [];
    const { resolve, asked } = aResolver({
      query: noSuchName,
      system: () => new Promise((done) => release.push(() => done(['10.0.0.7']))),
    });
    const both = Promise.all([resolve('one'), resolve('two')]);
    await expect.poll(() => release.length).toBe(1);
    expect(asked.filter((line) => line.endsWith('system'))).toEqual(['one system']);
    release[0]?.();
    await expect.poll(() => release.length).toBe(2);
    release[1]?.();
    expect(await both).toEqual([['10.0.0.7'], ['10.0.0.7']]);
  });

  it('treats a name with a trailing dot as equal', async () => {
    const { resolve, asked } = aResolver();
    await resolve('example.org');
    await resolve('example.org.');
    expect(asked).toEqual(['example.org 4', 'example.org 6']);
  });
});

describe('the cache of createResolver', () => {
  const withTtl = (ttl: number) => aResolver({ query: async () => [{ address: '192.0.2.1', ttl }] });

  it.each([
    [0, 29_000, 31_000],
    [300, 299_000, 301_000],
    [86_400, 3_599_000, 3_601_000],
  ])('caches an answer with a TTL of %i s for %i ms, not for %i ms', async (ttl, keptMs, goneMs) => {
    const { resolve, asked, advance } = withTtl(ttl);
    await resolve('example.org');
    advance(keptMs);
    await resolve('example.org');
    expect(asked).toHaveLength(2);
    advance(goneMs - keptMs);
    await resolve('example.org');
    expect(asked).toHaveLength(4);
  });

  it('uses the shortest TTL of an answer', async () => {
    const { resolve, asked, advance } = aResolver({
      query: async (_name, family) => [{ address: `192.0.2.${family}`, ttl: family === 4 ? 3_000 : 60 }],
    });
    await resolve('example.org');
    advance(61_000);
    await resolve('example.org');
    expect(asked).toHaveLength(4);
  });

  it('caches NXDOMAIN for a minute', async () => {
    const { resolve, asked, advance } = aResolver({ query: noSuchName });
    await expect(resolve('gone.example')).rejects.toThrow();
    advance(59_000);
    await expect(resolve('gone.example')).rejects.toThrow();
    expect(asked).toHaveLength(3);
    advance(2_000);
    await expect(resolve('gone.example')).rejects.toThrow();
    expect(asked).toHaveLength(6);
  });

  it('does not cache a failure of a name server', async () => {
    let broken = true;
    const { resolve } = aResolver({
      query: () => (broken ? noAnswer() : Promise.resolve([{ address: '192.0.2.1', ttl: 60 }])),
    });
    await expect(resolve('example.org')).rejects.toThrow();
    broken = false;
    expect(await resolve('example.org')).toEqual(['192.0.2.1', '192.0.2.1']);
  });

  it('evicts the oldest of ten thousand names first', async () => {
    const { resolve, asked } = aResolver();
    for (let at = 0; at <= 10_000; at += 1) await resolve(`${at}.example`);
    const before = asked.length;
    await resolve('10000.example');
    expect(asked).toHaveLength(before);
    await resolve('0.example');
    expect(asked).toHaveLength(before + 2);
  });
});
