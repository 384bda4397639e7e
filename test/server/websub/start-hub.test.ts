import { describe, expect, it } from 'vitest';
import { base, echoChallenge, type HubHarness, topic, withHub } from '../../support/websub-hub-harness.ts';

const callbackOf = 'http://127.0.0.1:9/cb';
const good = { 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': callbackOf };

describe('a subscription request', () => {
  it(
    'H1 accepts callback, mode, topic and secret as a form',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const answer = await hub.subscribe(subscriber.callback, { 'hub.secret': 's3cr3t' });
      expect(answer.status).toBe(202);
      expect(subscriber.verifications[0]?.get('hub.mode')).toBe('subscribe');
      expect(subscriber.deliveries[0]?.headers['x-hub-signature']).toMatch(/^sha256=/);
    }),
  );

  it(
    'H2 answers 202 before a slow callback has responded',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      subscriber.onVerification = async (request) => {
        await held;
        return echoChallenge(request);
      };
      const answer = await hub.post({ ...good, 'hub.callback': subscriber.callback });
      expect(answer.status).toBe(202);
      const round = hub.runUntilIdle();
      release();
      await round;
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );

  it(
    'H2 answers 202 for a callback that is unreachable',
    withHub(async (hub) => {
      expect((await hub.subscribe(callbackOf)).status).toBe(202);
      expect((await hub.subscribe('http://nobody.invalid/cb')).status).toBe(202);
    }),
  );

  it.each<[string, Record<string, string>]>([
    ['without a mode', { 'hub.mode': '' }],
    ['without a topic', { 'hub.topic': '' }],
    ['without a callback', { 'hub.callback': '' }],
    ['with an unknown mode', { 'hub.mode': 'sing' }],
    ['with a relative callback', { 'hub.callback': '/cb' }],
    ['with an ftp callback', { 'hub.callback': 'ftp://example.org/cb' }],
    ['with a password in the callback', { 'hub.callback': 'https://me:pw@example.org/cb' }],
    ['with a fragment in the callback', { 'hub.callback': 'https://example.org/cb#x' }],
    ['with a line break in the callback', { 'hub.callback': 'https://example.org/c\nb' }],
    ['with a callback that is too long', { 'hub.callback': `https://example.org/${'x'.repeat(3000)}` }],
    ['with a secret of 200 bytes', { 'hub.secret': 'é'.repeat(100) }],
    ['with a lease that is not a number', { 'hub.lease_seconds': 'long' }],
  ])('H3 refuses a request %s in plain text', (_what, form) =>
    withHub(async (hub) => {
      const answer = await hub.post({ ...good, ...form });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await answer.text()).toMatch(/^hub\..+\n$/);
    })());

  it(
    'H3 refuses a body that is not a form or is too large',
    withHub(async (hub) => {
      expect((await hub.post('{}', { 'content-type': 'application/json' })).status).toBe(400);
      expect((await hub.post(`x=${'y'.repeat(20_000)}`)).status).toBe(413);
    }),
  );

  it(
    'H3 accepts a secret of 199 bytes',
    withHub(async (hub) => {
      expect((await hub.post({ ...good, 'hub.secret': 's'.repeat(199) })).status).toBe(202);
    }),
  );

  it(
    'H4 ignores unknown parameters and those of older hub versions',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const more = { foo: 'bar', 'hub.foo': 'hub.bar', 'hub.verify': 'async', 'hub.verify_token': 't' };
      expect((await hub.subscribe(subscriber.callback, more)).status).toBe(202);
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );

  it(
    'H12 redirects a subscription to the external hub, but not an unsubscription',
    withHub(
      async (hub) => {
        const answer = await hub.post(good);
        expect([answer.status, answer.headers.get('location')]).toEqual([307, 'https://hub.example.org/']);
        expect((await hub.post({ ...good, 'hub.mode': 'unsubscribe' })).status).toBe(202);
        expect((await hub.post({ ...good, 'hub.topic': 'https://elsewhere.example.org/' })).status).toBe(400);
      },
      { externalHub: 'https://hub.example.org/' },
    ),
  );

  it.each([
    'https://elsewhere.example.org/feed.atom',
    `${base}/about`,
    `${base}.evil.example.org/feed.atom`,
    `${base}/sections/a/b/feed.atom`,
    'http://169.254.169.254/feed.atom',
  ])('H21 refuses %s, which is not a topic of this hub', (foreign) =>
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const answer = await hub.subscribe(subscriber.callback, { 'hub.topic': foreign });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('not a feed of this server');
      expect(subscriber.origin.requests).toEqual([]);
    })());
});

describe('callback hosts', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://[::ffff:127.0.0.1]/',
    'http://0x7f.1/',
    'http://10.0.0.1/',
    'http://[fd00::1]/',
    'http://100.64.0.1/',
  ])('H22 sends no request to %s', (callback) =>
    withHub(
      async (hub) => {
        expect((await hub.subscribe(callback)).status).toBe(202);
        const rows = await hub.store.reader.selectFrom('websub_subscriber').select('id').execute();
        expect(rows).toEqual([]);
      },
      { allowPrivateNetworks: [] },
    )());

  it(
    'H22 sends no request to a name that resolves to a private address',
    withHub(
      async (hub) => {
        const subscriber = await hub.startSubscriber();
        const { port } = subscriber.origin;
        for (const host of ['rebound.example.org', '127.0.0.1', 'localhost']) {
          await hub.subscribe(`http://${host}:${port}/cb`);
        }
        expect(subscriber.origin.connections).toBe(0);
      },
      { allowPrivateNetworks: [], resolve: async () => ['127.0.0.1'] },
    ),
  );

  it('H22 sends requests to ports 80 and 443 only', async () => {
    const resolved: string[] = [];
    const resolve = async (name: string): Promise<readonly string[]> => {
      resolved.push(name);
      return ['10.0.0.1'];
    };
    const ask = async (hub: HubHarness): Promise<void> => {
      for (const port of [22, 3000, 8080, 8443, 80]) await hub.subscribe(`http://at-${port}.example.org:${port}/cb`);
    };
    await withHub(ask, { allowPrivateNetworks: [], resolve })();
    expect(resolved).toEqual(['at-80.example.org']);
  });

  it(
    'H23 limits the verifications sent to one host within a minute',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const answers: number[] = [];
      for (let index = 0; index < 1000; index += 1) {
        answers.push((await hub.post({ ...good, 'hub.callback': `${subscriber.callback}?n=${index}` })).status);
      }
      expect(answers.filter((status) => status === 202)).toHaveLength(50);
      expect(answers.at(-1)).toBe(429);
      for (let round = 0; round < 30; round += 1) await hub.runUntilIdle();
      expect(subscriber.verifications.length).toBeLessThanOrEqual(30);
      await hub.advance(60_000);
      for (let round = 0; round < 30; round += 1) await hub.runUntilIdle();
      expect(subscriber.verifications).toHaveLength(50);
    }),
  );

  it(
    'H23 limits queued requests of one client with many host names',
    withHub(async (hub) => {
      const ask = async (index: number): Promise<number> =>
        (await hub.post({ ...good, 'hub.callback': `https://host-${index}.example.org/cb` })).status;
      hub.client = '192.0.2.7';
      const answers: number[] = [];
      for (let index = 0; index < 1100; index += 1) answers.push(await ask(index));
      expect(answers.filter((status) => status === 202)).toHaveLength(100);
      hub.client = '192.0.2.8';
      expect(await ask(2000)).toBe(202);
    }),
  );

  it(
    'H23 limits the subscriptions at one host, but not their renewals',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      const { host } = new URL(subscriber.callback);
      const row = { topic, host, secret: null, verified_ms: hub.nowMs, lease_until_ms: hub.nowMs + 1e9 };
      for (let start = 0; start < 2000; start += 100) {
        const rows = Array.from({ length: 100 }, (_, index) => ({
          ...row,
          callback: `http://${host}/${start + index}`,
        }));
        const blank = { delivered_tag: null, delivered_ms: null, failures: 0 };
        await hub.store.write((tx) =>
          tx
            .insertInto('websub_subscriber')
            .values(rows.map((one) => ({ ...one, ...blank })))
            .execute(),
        );
      }
      await hub.subscribe(`${subscriber.callback}?more`);
      expect(subscriber.verifications.at(-1)?.get('hub.mode')).toBe('denied');
      await hub.subscribe(subscriber.callback);
      expect(subscriber.verifications.at(-1)?.get('hub.mode')).toBe('subscribe');
    }),
  );

  it(
    'H23 pauses a host that keeps failing',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      subscriber.onVerification = () => ({ status: 500 });
      for (let index = 0; index < 20; index += 1) {
        await hub.post({ ...good, 'hub.callback': `${subscriber.callback}?n=${index}` });
        await hub.runUntilIdle();
      }
      expect(subscriber.verifications.length).toBeLessThanOrEqual(6);
    }),
  );
});
