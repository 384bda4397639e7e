import { describe, expect, it } from 'vitest';
import { base, echoChallenge, topic, withHub } from '../../support/websub-hub-harness.ts';

const day = 86_400_000;

describe('verification of intent', () => {
  it(
    'H5 sends mode, topic, a challenge and the enforced lease',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient({ 'hub.lease_seconds': '600' });
      const [asked] = subscriber.verifications;
      expect(asked?.get('hub.topic')).toBe(topic);
      expect(asked?.get('hub.challenge')).toMatch(/^[0-9a-f]{48}$/);
      expect(asked?.get('hub.lease_seconds')).toBe('600');
      await hub.advance(599_000);
      await hub.publish('late');
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );

  it.each<[string, Parameters<typeof echoChallenge>[0] extends never ? never : (challenge: string) => object]>([
    ['another body', () => ({ body: 'yes' })],
    ['the challenge and a line feed', (challenge) => ({ body: `${challenge}\n` })],
    ['the challenge in upper case', (challenge) => ({ body: challenge.toUpperCase() })],
    ['nothing', () => ({ status: 204 })],
    ['a redirect', (challenge) => ({ status: 302, headers: { location: '/yes' }, body: challenge })],
    ['404', (challenge) => ({ status: 404, body: challenge })],
    ['500', (challenge) => ({ status: 500, body: challenge })],
    ['5 MB that begin with the challenge', (challenge) => ({ body: challenge + 'x'.repeat(5_000_000) })],
  ])('H6 treats %s as a rejection', (_what, answer) =>
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber('/yes');
      subscriber.onVerification = (request) => {
        if (request.path.startsWith('/yes')) return echoChallenge(request);
        return answer(new URLSearchParams(request.path.split('?')[1]).get('hub.challenge') ?? '');
      };
      await hub.subscribe(subscriber.callback);
      await hub.publish('two');
      expect(subscriber.origin.to('/cb')).toHaveLength(1);
      expect(subscriber.origin.to('/yes')).toEqual([]);
    })());

  it(
    'H6 treats a timeout as a rejection',
    withHub(
      async (hub) => {
        const subscriber = await hub.startSubscriber();
        subscriber.onVerification = (request) =>
          new Promise((resolve) => setTimeout(() => resolve(echoChallenge(request)), 1000).unref());
        await hub.subscribe(subscriber.callback);
        expect(subscriber.deliveries).toEqual([]);
      },
      { limits: { headersMs: 100 } },
    ),
  );

  it(
    'H6 treats any 2xx with the challenge as a confirmation',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      subscriber.onVerification = (request) => ({ status: 203, ...echoChallenge(request) });
      await hub.subscribe(subscriber.callback);
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );

  it(
    'H7 generates a new challenge each time and does not accept an old one',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      const first = subscriber.verifications[0]?.get('hub.challenge') ?? '';
      subscriber.onVerification = () => ({ body: first });
      await hub.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe' });
      expect(subscriber.verifications).toHaveLength(2);
      expect(subscriber.verifications[1]?.get('hub.challenge')).not.toBe(first);
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(2);
    }),
  );

  it.each([
    ['?x=1&hub.mode=zzz', '?x=1&hub.mode=zzz&hub.mode=subscribe&'],
    ['?', '?hub.mode=subscribe&'],
    ['?a=%2F%3f+%20&b', '?a=%2F%3f+%20&b&hub.mode=subscribe&'],
    ['', '?hub.mode=subscribe&'],
    ['?q=a?b', '?q=a?b&hub.mode=subscribe&'],
  ])('H8 preserves the query %j of the callback', (query, start) =>
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      subscriber.onVerification = (request) => ({ body: /hub\.challenge=([0-9a-f]+)/.exec(request.path)?.[1] ?? '' });
      await hub.subscribe(subscriber.callback + query);
      expect(subscriber.origin.requests[0]?.path.startsWith(`/cb${start}`)).toBe(true);
      expect(subscriber.deliveries[0]?.path).toBe(`/cb${query}`);
    })());

  it(
    'H9 keeps secret and lease when the verification of a new request fails',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient({ 'hub.secret': 'old', 'hub.lease_seconds': '86400' });
      const before = subscriber.deliveries[0]?.headers['x-hub-signature'];
      subscriber.onVerification = () => ({ status: 404 });
      await hub.subscribe(subscriber.callback, { 'hub.secret': 'new', 'hub.lease_seconds': '600' });
      expect(subscriber.verifications).toHaveLength(2);
      await hub.advance(3_600_000);
      await hub.publish('two');
      await hub.publish('<feed>one</feed>');
      expect(subscriber.deliveries.at(-1)?.headers['x-hub-signature']).toBe(before);
    }),
  );

  it(
    'H9 replaces secret and lease of the same subscription after verification',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient({ 'hub.secret': 'old' });
      const before = subscriber.deliveries[0]?.headers['x-hub-signature'];
      await hub.subscribe(subscriber.callback, { 'hub.secret': 'new' });
      await hub.publish('two');
      await hub.publish('<feed>one</feed>');
      expect(subscriber.deliveries).toHaveLength(3);
      expect(subscriber.deliveries.at(-1)?.headers['x-hub-signature']).not.toBe(before);
    }),
  );

  it(
    'H10 verifies an unsubscription, also of a topic that no longer exists',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      hub.documents.delete(topic);
      await hub.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe', 'hub.lease_seconds': 'long' });
      expect(subscriber.verifications[1]?.get('hub.mode')).toBe('unsubscribe');
      expect(subscriber.verifications[1]?.has('hub.lease_seconds')).toBe(false);
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );

  it(
    'H10 keeps a subscription if its callback rejects the unsubscription',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onVerification = () => ({ status: 404 });
      await hub.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe' });
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(2);
    }),
  );

  it(
    'H10 sends no request to a callback that is not subscribed',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const answer = await hub.subscribe(subscriber.callback, { 'hub.mode': 'unsubscribe' });
      expect(answer.status).toBe(202);
      expect(subscriber.origin.requests).toEqual([]);
    }),
  );

  it(
    'H11 denies a filtered feed once and names the topic to use',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const filtered = `${topic}?category=rail`;
      const answer = await hub.subscribe(subscriber.callback, { 'hub.topic': filtered });
      expect(answer.status).toBe(202);
      const [denied, ...more] = subscriber.verifications;
      expect(more).toEqual([]);
      expect([denied?.get('hub.mode'), denied?.get('hub.topic')]).toEqual(['denied', filtered]);
      expect(denied?.get('hub.reason')).toContain(topic);
      await hub.publish('two');
      expect(subscriber.deliveries).toEqual([]);
    }),
  );

  it(
    'H11 denies an unknown feed and one with another self URL',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      const odd = `${base}/sections/WORLD/feed.atom`;
      hub.documents.set(odd, { text: 'x', self: `${base}/sections/world/feed.atom` });
      await hub.subscribe(subscriber.callback, { 'hub.topic': `${base}/sections/nope/feed.atom` });
      await hub.subscribe(subscriber.callback, { 'hub.topic': odd });
      expect(subscriber.verifications.map((asked) => asked.get('hub.mode'))).toEqual(['denied', 'denied']);
      expect(subscriber.verifications[1]?.get('hub.reason')).toContain('/sections/world/feed.atom');
    }),
  );

  it(
    'H11 revokes a subscription whose feed no longer exists',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      hub.documents.delete(topic);
      hub.appendEvent();
      await hub.runUntilIdle();
      await hub.advance(6000);
      expect(subscriber.verifications.at(-1)?.get('hub.mode')).toBe('denied');
      await hub.publish('again');
      expect(subscriber.deliveries).toHaveLength(1);
      expect(hub.outcomes).toContain('revoked');
    }),
  );

  it.each([
    ['', 10 * day],
    ['1', 300_000],
    ['3600', 3_600_000],
    ['999999999', 30 * day],
  ])('H13 ends a subscription with its lease when %j seconds are requested', (asked, leaseMs) =>
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient(asked === '' ? {} : { 'hub.lease_seconds': asked });
      expect(subscriber.verifications[0]?.get('hub.lease_seconds')).toBe(String(leaseMs / 1000));
      hub.nowMs += leaseMs - 60_000;
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(2);
      hub.nowMs += 60_000;
      await hub.publish('three');
      expect(subscriber.deliveries).toHaveLength(2);
    })());

  it(
    'H13 discards a queued delivery at the end of the lease',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient({ 'hub.lease_seconds': '300' });
      hub.nowMs += 299_500;
      hub.changeTopic('two');
      await hub.runUntilIdle();
      await hub.advance(1500);
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );

  it(
    'H13 delivers without a gap when the lease is renewed in time',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient({ 'hub.lease_seconds': '600' });
      await hub.advance(500_000);
      await hub.subscribe(subscriber.callback, { 'hub.lease_seconds': '600' });
      await hub.advance(101_000);
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(2);
    }),
  );

  it(
    'H14 measures the lease from its request, however slow the response',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      subscriber.onVerification = (request) => {
        hub.nowMs += 200_000;
        return echoChallenge(request);
      };
      await hub.subscribe(subscriber.callback, { 'hub.lease_seconds': '300' });
      await hub.advance(101_000);
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(1);
    }),
  );
});
