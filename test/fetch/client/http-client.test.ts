import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../src/fetch/client/http-client.ts';
import { drip, type Reply } from '../../support/origin.ts';
import { anHttpClient, anOrigin, cleanUp, text } from '../fetch-fixtures.ts';

cleanUp();

function answered(result: { kind: string }): HttpResponse {
  if (result.kind !== 'answered') throw new Error(`not answered: ${JSON.stringify(result)}`);
  return result as HttpResponse;
}

describe('createHttpClient', () => {
  it('sends a body and reads the response', async () => {
    const origin = await anOrigin();
    origin.on('/hub', { status: 202, headers: { 'X-Note': 'taken' }, body: 'ok' });
    const answer = answered(
      await anHttpClient().request({
        method: 'POST',
        url: `${origin.url}/hub`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'hub.mode=subscribe',
      }),
    );
    expect(answer).toMatchObject({ status: 202, bytes: 2, notes: [] });
    expect(text(answer.body)).toBe('ok');
    expect(answer.headers.first('X-Note')).toBe('taken');
    expect(origin.requests[0]).toMatchObject({ method: 'POST', body: 'hub.mode=subscribe' });
  });

  it('returns a redirect as a response', async () => {
    const origin = await anOrigin();
    origin.on('/hook', { status: 307, headers: { Location: '/elsewhere' } });
    const answer = answered(await anHttpClient().request({ method: 'POST', url: `${origin.url}/hook`, body: 'x' }));
    expect(answer.status).toBe(307);
    expect(origin.requests).toHaveLength(1);
  });

  it('reads the body of an error status if it is needed', async () => {
    const origin = await anOrigin();
    origin.on('/hub', { status: 400, body: 'bad topic' });
    const client = anHttpClient();
    expect(text(answered(await client.request({ url: `${origin.url}/hub` })).body)).toBe('');
    const wanted = await client.request({ url: `${origin.url}/hub`, needsBody: () => true });
    expect(text(answered(wanted).body)).toBe('bad topic');
  });

  it.each([
    ['GET', 'http://10.0.0.1/favicon.ico'],
    ['POST', 'http://169.254.169.254/hub'],
    ['POST', 'http://[::ffff:127.0.0.2]/webhook'],
    ['GET', 'http://archive.internal/prev'],
  ] as const)('refuses a %s to %s', async (method, url) => {
    const result = await anHttpClient({
      allowPrivateNetworks: ['127.0.0.1/32'],
      resolve: async () => ['10.0.0.1'],
    }).request({
      method,
      url,
    });
    expect(result).toMatchObject({ kind: 'failed', failure: 'blocked_address', status: null, bytes: 0 });
  });

  it('resolves a relative URL against its base', async () => {
    const base = new URL('https://example.org/');
    expect(await anHttpClient().request({ url: '//10.0.0.1/feed', base })).toMatchObject({
      failure: 'blocked_address',
    });
  });

  it('does not request this server', async () => {
    const origin = await anOrigin();
    const client = anHttpClient({ ownOrigins: [origin.url] });
    expect(await client.request({ url: `${origin.url}/feed.rss` })).toMatchObject({ failure: 'blocked_address' });
    expect(origin.requests).toEqual([]);
  });

  it('ignores proxy variables of the environment', async () => {
    const proxy = await anOrigin();
    const origin = await anOrigin();
    origin.on('/feed', { body: 'direct' });
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : proxy.url;
    try {
      const client = anHttpClient();
      expect(text(answered(await client.request({ url: `${origin.url}/feed` })).body)).toBe('direct');
      expect(await client.request({ url: 'http://10.0.0.1/' })).toMatchObject({ failure: 'blocked_address' });
      expect(proxy.connections).toBe(0);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});

describe('createConnector and connections', () => {
  it('are limited to one per origin', async () => {
    const origin = await anOrigin();
    let now = 0;
    let most = 0;
    const busy: Reply = async () => {
      now += 1;
      most = Math.max(most, now);
      await wait(10);
      now -= 1;
      return { body: 'x' };
    };
    origin.on('/a', busy).on('/b', busy);
    const client = anHttpClient();
    const paths = ['/a', '/b', '/a', '/b', '/a'];
    await Promise.all(paths.map((path) => client.request({ url: origin.url + path })));
    expect(origin.requests).toHaveLength(5);
    expect(most).toBe(1);
    expect(origin.connections).toBe(1);
  });

  it('are closed soon when idle, without leftover state', async () => {
    const origin = await anOrigin();
    const client = anHttpClient({ limits: { keepAliveMs: 50, maxKeepAliveMs: 60 } });
    await client.request({ url: `${origin.url}/feed` });
    expect(client.openOrigins()).toEqual([origin.url]);
    await expect.poll(() => origin.open).toBe(0);
    await expect.poll(() => client.openOrigins()).toEqual([]);
  });

  it('are not kept longer than the limit by a Keep-Alive header', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { headers: { 'Keep-Alive': 'timeout=3600' }, body: 'x' });
    const client = anHttpClient({ limits: { keepAliveMs: 50, maxKeepAliveMs: 100 } });
    await client.request({ url: `${origin.url}/feed` });
    await expect.poll(() => origin.open).toBe(0);
  });

  it('leave no state of an unreachable origin', async () => {
    const client = anHttpClient({ resolve: async () => [] });
    for (let host = 0; host < 20; host += 1) await client.request({ url: `http://host-${host}.example/` });
    expect(client.openOrigins()).toEqual([]);
  });

  it('H75: that were closed while idle are retried without a failure', async () => {
    const origin = await anOrigin();
    // The second request arrives on a connection that the origin is about to close.
    origin.on('/feed', { body: 'first' }, { raw: '', after: 'end' }, { body: 'second' });
    const client = anHttpClient();
    await client.request({ url: `${origin.url}/feed` });
    expect(text(answered(await client.request({ url: `${origin.url}/feed` })).body)).toBe('second');
    expect(origin.requests.map((request) => request.connection)).toEqual([1, 1, 2]);
  });

  it('H75: that were reset while idle are retried too', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: 'first' }, { raw: '', after: 'reset' }, { body: 'second' });
    const client = anHttpClient();
    await client.request({ url: `${origin.url}/feed` });
    expect(text(answered(await client.request({ url: `${origin.url}/feed` })).body)).toBe('second');
  });

  it('H75: that are new are not retried', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { raw: '', after: 'end' }, { body: 'second' });
    expect(await anHttpClient().request({ url: `${origin.url}/feed` })).toMatchObject({ failure: 'connect_error' });
    expect(origin.requests).toHaveLength(1);
  });

  it('H75: on which bytes were received are not retried', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { body: 'first' }, { raw: 'HTTP/1.1 200 O', after: 'end' }, { body: 'third' });
    const client = anHttpClient();
    await client.request({ url: `${origin.url}/feed` });
    expect(await client.request({ url: `${origin.url}/feed` })).toMatchObject({ failure: 'truncated' });
    expect(origin.requests).toHaveLength(2);
  });

  it('H75: never repeat an unsafe request', async () => {
    const origin = await anOrigin();
    origin.on('/hook', { body: 'first' }, { raw: '', after: 'end' }, { body: 'third' });
    const client = anHttpClient();
    await client.request({ method: 'POST', url: `${origin.url}/hook`, body: 'x' });
    const second = await client.request({ method: 'POST', url: `${origin.url}/hook`, body: 'x' });
    expect(second).toMatchObject({ failure: 'connect_error' });
    expect(origin.requests).toHaveLength(2);
  });

  it('H75: share one deadline between both attempts', async () => {
    const origin = await anOrigin();
    let elapsedMs = 0;
    const clock = { now: () => 0, monotonic: () => elapsedMs };
    origin.on('/feed', { body: 'first' }, () => {
      elapsedMs += 31_000;
      return { raw: '', after: 'end' };
    });
    const client = anHttpClient({ clock });
    await client.request({ url: `${origin.url}/feed` });
    expect(await client.request({ url: `${origin.url}/feed` })).toMatchObject({ failure: 'connect_timeout' });
  });

  it('H75: of a name are reopened after its address changed', async () => {
    const first = await anOrigin({ host: '127.0.0.1' });
    const addresses = [['127.0.0.1'], ['127.0.0.2']];
    let asked = 0;
    const client = anHttpClient({ resolve: async () => addresses[Math.min(asked++, 1)] ?? [] });
    first.on('/feed', { headers: { Connection: 'close' }, body: 'old' });
    expect(answered(await client.request({ url: `http://moving.example:${first.port}/feed` })).status).toBe(200);
    expect(await client.request({ url: `http://moving.example:${first.port}/feed` })).toMatchObject({
      failure: 'connect_error',
    });
  });

  it('skip a request that was aborted while it waited', async () => {
    const origin = await anOrigin();
    const stop = new AbortController();
    origin.on('/slow', async () => {
      await wait(60);
      return { body: 'slow' };
    });
    origin.on('/late', { body: 'late' });
    const client = anHttpClient();
    const slow = client.request({ url: `${origin.url}/slow` });
    const late = client.request({ url: `${origin.url}/late` }, stop.signal);
    stop.abort(new Error('enough'));
    await expect(late).rejects.toThrow('enough');
    expect(text(answered(await slow).body)).toBe('slow');
    expect(answered(await client.request({ url: `${origin.url}/slow` })).status).toBe(200);
    expect(origin.to('/late')).toEqual([]);
  });

  it('distinguish a request that was never sent from one without a response', async () => {
    const origin = await anOrigin();
    origin.on('/slow', { raw: '', after: 'hang' });
    const client = anHttpClient({ limits: { headersMs: 400, totalMs: 200 } });
    const slow = client.request({ url: `${origin.url}/slow`, timeoutMs: 600 });
    expect(await client.request({ url: `${origin.url}/late` })).toMatchObject({ failure: 'connect_timeout' });
    expect(await slow).toMatchObject({ failure: 'header_timeout' });
  });
});

describe('the memory limit', () => {
  it('admits a few large bodies at a time and eventually all', async () => {
    const body = 'x'.repeat(400_000);
    const origins = await Promise.all(Array.from({ length: 8 }, () => anOrigin()));
    for (const origin of origins) origin.on('/feed', { body });
    const limits = {
      maxWireBytes: 500_000,
      maxBodyBytes: 500_000,
      unreservedBytes: 100_000,
      maxReservedBytes: 2_000_000,
    };
    const client = anHttpClient({ limits });
    const results = await Promise.all(origins.map(({ url }) => client.request({ url: `${url}/feed` })));
    for (const result of results) expect(answered(result).bytes).toBe(400_000);
  });

  it('is kept while a large body hangs, and small bodies pass', async () => {
    const big = await anOrigin();
    const other = await anOrigin();
    big.on('/hang', (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(200_000)}`);
      return undefined;
    });
    other.on('/big', { body: 'x'.repeat(300_000) }).on('/small', { body: 'small' });
    const limits = {
      maxWireBytes: 300_000,
      maxBodyBytes: 300_000,
      unreservedBytes: 100_000,
      maxReservedBytes: 600_000,
    };
    const client = anHttpClient({ limits });
    const stop = new AbortController();
    const hanging = client.request({ url: `${big.url}/hang` }, stop.signal);
    await expect.poll(() => big.requests.length).toBe(1);
    const small = await client.request({ url: `${other.url}/small` });
    expect(text(answered(small).body)).toBe('small');
    let done = false;
    const waiting = client.request({ url: `${other.url}/big` }).then((result) => {
      done = true;
      return result;
    });
    // Several times as many round trips as the large body needs when it does not wait.
    const third = await anOrigin();
    third.on('/small', { body: 'small' });
    for (let trip = 0; trip < 20; trip += 1) await client.request({ url: `${third.url}/small` });
    expect(done).toBe(false);
    stop.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow('enough');
    expect(answered(await waiting).bytes).toBe(300_000);
  });

  it('does not count paused time as a slow body', async () => {
    const steady = await anOrigin();
    const second = await anOrigin();
    steady.on('/feed', (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(200_000)}`);
      drip(socket, 'x'.repeat(1_000), { everyMs: 20, step: 100 });
      setTimeout(() => socket.end(), 700);
      return undefined;
    });
    second.on('/big', { body: 'x'.repeat(300_000) });
    const bounds = {
      maxWireBytes: 300_000,
      maxBodyBytes: 300_000,
      unreservedBytes: 100_000,
      maxReservedBytes: 600_000,
    };
    const client = anHttpClient({ limits: { ...bounds, slowWindowMs: 200, minBytesPerSecond: 100 } });
    const holding = client.request({ url: `${steady.url}/feed` });
    await expect.poll(() => steady.requests.length).toBe(1);
    expect(answered(await client.request({ url: `${second.url}/big` })).bytes).toBe(300_000);
    expect(answered(await holding).bytes).toBeGreaterThan(200_000);
  });
});
