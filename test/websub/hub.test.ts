import { describe, expect, it } from 'vitest';
import type { WebsubClientOptions } from '../../src/websub/client.ts';
import { engines, withStore } from '../contract/engines.ts';
import { base, echo, HubDesk, topic } from '../helpers/websub-hub-desk.ts';
import { printRows } from '../helpers/websub-rows.ts';

printRows();

const [engine] = engines;
if (engine === undefined) throw new Error('no engine');

function atDesk(
  work: (desk: HubDesk) => Promise<void>,
  options: Partial<WebsubClientOptions> = {},
): () => Promise<void> {
  return () =>
    withStore(engine!, async (store) => {
      const desk = new HubDesk(store, options);
      try {
        await work(desk);
      } finally {
        await desk.close();
      }
    });
}

const day = 86_400_000;
const callbackOf = 'http://127.0.0.1:9/cb';
const good = { 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': callbackOf };

describe('a request to the hub', () => {
  it(
    'H1 takes callback, mode, topic and secret as a form',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const answer = await desk.subscribe(subscriber.callback, { 'hub.secret': 's3cr3t' });
      expect(answer.status).toBe(202);
      expect(subscriber.asked[0]?.get('hub.mode')).toBe('subscribe');
      expect(subscriber.delivered[0]?.headers['x-hub-signature']).toMatch(/^sha256=/);
    }),
  );

  it(
    'H2 is answered 202 before a slow callback has said anything',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      subscriber.verify = async (request) => {
        await held;
        return echo(request);
      };
      const answer = await desk.post({ ...good, 'hub.callback': subscriber.callback });
      expect(answer.status).toBe(202);
      const round = desk.turn();
      release();
      await round;
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );

  it(
    'H2 is answered 202 for a callback that is refused or does not exist',
    atDesk(async (desk) => {
      expect((await desk.subscribe(callbackOf)).status).toBe(202);
      expect((await desk.subscribe('http://nobody.invalid/cb')).status).toBe(202);
    }),
  );

  it.each<[string, Record<string, string>]>([
    ['without a mode', { 'hub.mode': '' }],
    ['without a topic', { 'hub.topic': '' }],
    ['without a callback', { 'hub.callback': '' }],
    ['with a mode that there is not', { 'hub.mode': 'sing' }],
    ['with a relative callback', { 'hub.callback': '/cb' }],
    ['with an ftp callback', { 'hub.callback': 'ftp://example.org/cb' }],
    ['with a password in the callback', { 'hub.callback': 'https://me:pw@example.org/cb' }],
    ['with a fragment in the callback', { 'hub.callback': 'https://example.org/cb#x' }],
    ['with a line break in the callback', { 'hub.callback': 'https://example.org/c\nb' }],
    ['with an endless callback', { 'hub.callback': `https://example.org/${'x'.repeat(3000)}` }],
    ['with a secret of 200 bytes', { 'hub.secret': 'é'.repeat(100) }],
    ['with a lease that is no number', { 'hub.lease_seconds': 'long' }],
  ])('H3 %s is refused in plain text', (_what, form) =>
    atDesk(async (desk) => {
      const answer = await desk.post({ ...good, ...form });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await answer.text()).toMatch(/^hub\..+\n$/);
    })());

  it(
    'H3 that is no form, or too large a one, is refused',
    atDesk(async (desk) => {
      expect((await desk.post('{}', { 'content-type': 'application/json' })).status).toBe(400);
      expect((await desk.post(`x=${'y'.repeat(20_000)}`)).status).toBe(413);
    }),
  );

  it(
    'H3 takes a secret of 199 bytes',
    atDesk(async (desk) => {
      expect((await desk.post({ ...good, 'hub.secret': 's'.repeat(199) })).status).toBe(202);
    }),
  );

  it(
    'H4 may hold parameters that nobody knows, and those of older hubs',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const more = { foo: 'bar', 'hub.foo': 'hub.bar', 'hub.verify': 'async', 'hub.verify_token': 't' };
      expect((await desk.subscribe(subscriber.callback, more)).status).toBe(202);
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );

  it.each([
    'https://elsewhere.example.org/feed.atom',
    `${base}/about`,
    `${base}.evil.example.org/feed.atom`,
    `${base}/sections/a/b/feed.atom`,
    'http://169.254.169.254/feed.atom',
  ])('H21 for %s is refused: it is no topic of ours', (foreign) =>
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const answer = await desk.subscribe(subscriber.callback, { 'hub.topic': foreign });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('not one of our feeds');
      expect(subscriber.origin.requests).toEqual([]);
    })());
});

describe('verification', () => {
  it(
    'H5 asks with the mode, the topic as given, a challenge and the lease that is enforced',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed({ 'hub.lease_seconds': '600' });
      const [asked] = subscriber.asked;
      expect(asked?.get('hub.topic')).toBe(topic);
      expect(asked?.get('hub.challenge')).toMatch(/^[0-9a-f]{48}$/);
      expect(asked?.get('hub.lease_seconds')).toBe('600');
      await desk.advance(599_000);
      await desk.publish('late');
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );

  it.each<[string, Parameters<typeof echo>[0] extends never ? never : (challenge: string) => object]>([
    ['another body', () => ({ body: 'yes' })],
    ['the challenge and a line feed', (challenge) => ({ body: `${challenge}\n` })],
    ['the challenge in upper case', (challenge) => ({ body: challenge.toUpperCase() })],
    ['nothing', () => ({ status: 204 })],
    ['a redirect', (challenge) => ({ status: 302, headers: { location: '/yes' }, body: challenge })],
    ['404', (challenge) => ({ status: 404, body: challenge })],
    ['500', (challenge) => ({ status: 500, body: challenge })],
    ['5 MB that begin with the challenge', (challenge) => ({ body: challenge + 'x'.repeat(5_000_000) })],
  ])('H6 takes %s for a no', (_what, answer) =>
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber('/yes');
      subscriber.verify = (request) => {
        if (request.path.startsWith('/yes')) return echo(request);
        return answer(new URLSearchParams(request.path.split('?')[1]).get('hub.challenge') ?? '');
      };
      await desk.subscribe(subscriber.callback);
      await desk.publish('two');
      expect(subscriber.origin.to('/cb')).toHaveLength(1);
      expect(subscriber.origin.to('/yes')).toEqual([]);
    })());

  it(
    'H6 takes silence for a no',
    atDesk(
      async (desk) => {
        const subscriber = await desk.subscriber();
        subscriber.verify = (request) =>
          new Promise((resolve) => setTimeout(() => resolve(echo(request)), 1000).unref());
        await desk.subscribe(subscriber.callback);
        expect(subscriber.delivered).toEqual([]);
      },
      { limits: { headersMs: 100 } },
    ),
  );

  it(
    'H6 takes any 2xx with the challenge for a yes',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      subscriber.verify = (request) => ({ status: 203, ...echo(request) });
      await desk.subscribe(subscriber.callback);
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );

  it(
    'H7 makes a challenge of its own each time, and an old one is no answer',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed();
      const first = subscriber.asked[0]?.get('hub.challenge') ?? '';
      subscriber.verify = () => ({ body: first });
      await desk.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe' });
      expect(subscriber.asked).toHaveLength(2);
      expect(subscriber.asked[1]?.get('hub.challenge')).not.toBe(first);
      await desk.publish('two');
      expect(subscriber.delivered).toHaveLength(2);
    }),
  );

  it.each([
    ['?x=1&hub.mode=zzz', '?x=1&hub.mode=zzz&hub.mode=subscribe&'],
    ['?', '?hub.mode=subscribe&'],
    ['?a=%2F%3f+%20&b', '?a=%2F%3f+%20&b&hub.mode=subscribe&'],
    ['', '?hub.mode=subscribe&'],
    ['?q=a?b', '?q=a?b&hub.mode=subscribe&'],
  ])('H8 keeps the callback’s query %j in front', (query, start) =>
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      subscriber.verify = (request) => ({ body: /hub\.challenge=([0-9a-f]+)/.exec(request.path)?.[1] ?? '' });
      await desk.subscribe(subscriber.callback + query);
      expect(subscriber.origin.requests[0]?.path.startsWith(`/cb${start}`)).toBe(true);
      expect(subscriber.delivered[0]?.path).toBe(`/cb${query}`);
    })());

  it(
    'H9 keeps the old secret and lease when the new request’s verification fails',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed({ 'hub.secret': 'old', 'hub.lease_seconds': '86400' });
      const before = subscriber.delivered[0]?.headers['x-hub-signature'];
      subscriber.verify = () => ({ status: 404 });
      await desk.subscribe(subscriber.callback, { 'hub.secret': 'new', 'hub.lease_seconds': '600' });
      expect(subscriber.asked).toHaveLength(2);
      await desk.advance(3_600_000);
      await desk.publish('two');
      await desk.publish('<feed>one</feed>');
      expect(subscriber.delivered.at(-1)?.headers['x-hub-signature']).toBe(before);
    }),
  );

  it(
    'H9 takes the new terms once they are verified, for one and the same subscription',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed({ 'hub.secret': 'old' });
      const before = subscriber.delivered[0]?.headers['x-hub-signature'];
      await desk.subscribe(subscriber.callback, { 'hub.secret': 'new' });
      await desk.publish('two');
      await desk.publish('<feed>one</feed>');
      expect(subscriber.delivered).toHaveLength(3);
      expect(subscriber.delivered.at(-1)?.headers['x-hub-signature']).not.toBe(before);
    }),
  );

  it(
    'H10 asks before it unsubscribes, whatever lease is named and whether or not the topic still exists',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed();
      desk.documents.delete(topic);
      await desk.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe', 'hub.lease_seconds': 'long' });
      expect(subscriber.asked[1]?.get('hub.mode')).toBe('unsubscribe');
      expect(subscriber.asked[1]?.has('hub.lease_seconds')).toBe(false);
      await desk.publish('two');
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );

  it(
    'H10 keeps a subscription whose end was forged',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed();
      subscriber.verify = () => ({ status: 404 });
      await desk.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe' });
      await desk.publish('two');
      expect(subscriber.delivered).toHaveLength(2);
    }),
  );

  it(
    'H10 asks nobody who is not subscribed',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const answer = await desk.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe' });
      expect(answer.status).toBe(202);
      expect(subscriber.origin.requests).toEqual([]);
    }),
  );

  it(
    'H11 tells once that a filtered feed is no topic, and which one is',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const filtered = `${topic}?category=rail`;
      const answer = await desk.subscribe(subscriber.callback, { 'hub.topic': filtered });
      expect(answer.status).toBe(202);
      const [denied, ...more] = subscriber.asked;
      expect(more).toEqual([]);
      expect([denied?.get('hub.mode'), denied?.get('hub.topic')]).toEqual(['denied', filtered]);
      expect(denied?.get('hub.reason')).toContain(topic);
      await desk.publish('two');
      expect(subscriber.delivered).toEqual([]);
    }),
  );

  it(
    'H11 denies a feed that there is not, and one that calls itself otherwise',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const odd = `${base}/sections/WORLD/feed.atom`;
      desk.documents.set(odd, { text: 'x', self: `${base}/sections/world/feed.atom` });
      await desk.subscribe(subscriber.callback, { 'hub.topic': `${base}/sections/nope/feed.atom` });
      await desk.subscribe(subscriber.callback, { 'hub.topic': odd });
      expect(subscriber.asked.map((asked) => asked.get('hub.mode'))).toEqual(['denied', 'denied']);
      expect(subscriber.asked[1]?.get('hub.reason')).toContain('/sections/world/feed.atom');
    }),
  );

  it(
    'H11 revokes a subscription whose feed is no more',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed();
      desk.documents.delete(topic);
      desk.happen();
      await desk.turn();
      await desk.advance(6000);
      expect(subscriber.asked.at(-1)?.get('hub.mode')).toBe('denied');
      await desk.publish('again');
      expect(subscriber.delivered).toHaveLength(1);
      expect(desk.outcomes).toContain('revoked');
    }),
  );

  it.each([
    ['', 10 * day],
    ['1', 300_000],
    ['3600', 3_600_000],
    ['999999999', 30 * day],
  ])('H13 ends a subscription with its lease: %j seconds asked', (asked, leaseMs) =>
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed(asked === '' ? {} : { 'hub.lease_seconds': asked });
      expect(subscriber.asked[0]?.get('hub.lease_seconds')).toBe(String(leaseMs / 1000));
      desk.nowMs += leaseMs - 60_000;
      await desk.publish('two');
      expect(subscriber.delivered).toHaveLength(2);
      desk.nowMs += 60_000;
      await desk.publish('three');
      expect(subscriber.delivered).toHaveLength(2);
    })());

  it(
    'H13 makes no delivery after the end of the lease that was queued before it',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed({ 'hub.lease_seconds': '300' });
      desk.nowMs += 299_500;
      desk.change('two');
      await desk.turn();
      await desk.advance(1500);
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );

  it(
    'H13 leaves no hole when the lease is renewed before its end',
    atDesk(async (desk) => {
      const subscriber = await desk.subscribed({ 'hub.lease_seconds': '600' });
      await desk.advance(500_000);
      await desk.subscribe(subscriber.callback, { 'hub.lease_seconds': '600' });
      await desk.advance(101_000);
      await desk.publish('two');
      expect(subscriber.delivered).toHaveLength(2);
    }),
  );

  it(
    'H14 measures the lease from its question, however slow the answer',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      subscriber.verify = (request) => {
        desk.nowMs += 200_000;
        return echo(request);
      };
      await desk.subscribe(subscriber.callback, { 'hub.lease_seconds': '300' });
      await desk.advance(101_000);
      await desk.publish('two');
      expect(subscriber.delivered).toHaveLength(1);
    }),
  );
});

describe('other people’s hosts', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://[::ffff:127.0.0.1]/',
    'http://0x7f.1/',
    'http://10.0.0.1/',
    'http://[fd00::1]/',
    'http://100.64.0.1/',
  ])('H22 are never asked at %s', (callback) =>
    atDesk(
      async (desk) => {
        expect((await desk.subscribe(callback)).status).toBe(202);
        const rows = await desk.store.reader.selectFrom('websub_subscriber').select('id').execute();
        expect(rows).toEqual([]);
      },
      { allowPrivateNetworks: [] },
    )());

  it(
    'H22 are not asked under a name that leads here, nor at a port that is none of the web',
    atDesk(
      async (desk) => {
        const subscriber = await desk.subscriber();
        const { port } = subscriber.origin;
        for (const host of ['rebound.example.org', '127.0.0.1', 'localhost']) {
          await desk.subscribe(`http://${host}:${port}/cb`);
        }
        expect(subscriber.origin.connections).toBe(0);
      },
      { allowPrivateNetworks: [], resolve: async () => ['127.0.0.1'] },
    ),
  );

  it(
    'H23 are asked a bounded number of times in a minute, whoever wishes for more',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      const answers: number[] = [];
      for (let index = 0; index < 1000; index += 1) {
        answers.push((await desk.post({ ...good, 'hub.callback': `${subscriber.callback}?n=${index}` })).status);
      }
      expect(answers.filter((status) => status === 202)).toHaveLength(50);
      expect(answers.at(-1)).toBe(429);
      for (let round = 0; round < 30; round += 1) await desk.turn();
      expect(subscriber.asked.length).toBeLessThanOrEqual(30);
      await desk.advance(60_000);
      for (let round = 0; round < 30; round += 1) await desk.turn();
      expect(subscriber.asked).toHaveLength(50);
    }),
  );

  it(
    'H23 are left alone for a while when they keep failing',
    atDesk(async (desk) => {
      const subscriber = await desk.subscriber();
      subscriber.verify = () => ({ status: 500 });
      for (let index = 0; index < 20; index += 1) {
        await desk.post({ ...good, 'hub.callback': `${subscriber.callback}?n=${index}` });
        await desk.turn();
      }
      expect(subscriber.asked.length).toBeLessThanOrEqual(6);
    }),
  );
});
