import { describe, expect, it } from 'vitest';
import { day, hour } from '../../support/store-fixture.ts';
import { feed, type SubscriberHarness, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

async function pending(harness: SubscriberHarness): Promise<URLSearchParams> {
  harness.hub.verificationMode = 'never';
  await harness.subscribed();
  return harness.hub.last;
}

describe('a hub’s question', () => {
  it(
    'S9 is answered with the challenge, as plain text, when we have asked for just that',
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      const answer = await harness.hub.verify(form, { 'hub.challenge': '<b>é&' });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('<b>é&');
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    }),
  );

  it.each<[string, Record<string, string>]>([
    ['another topic', { 'hub.topic': 'https://www.example.org/feed' }],
    ['no topic', { 'hub.topic': '' }],
    ['no challenge', { 'hub.challenge': '' }],
    ['a challenge without end', { 'hub.challenge': 'x'.repeat(5000) }],
    ['no mode', { 'hub.mode': '' }],
    ['a mode that there is not', { 'hub.mode': 'publish' }],
    ['an end that we never asked for', { 'hub.mode': 'unsubscribe' }],
  ])('S9 with %s is answered 404 and changes nothing', (_what, over) =>
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      expect((await harness.hub.verify(form, over)).status).toBe(404);
      expect(await harness.row()).toMatchObject({ state: 'pending' });
    })());

  it(
    'S9 to a callback that is not ours, or about what was confirmed long ago, is answered 404',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const query = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.challenge': 'x' });
      expect((await harness.app.request(`/websub/callback/unknown?${query}`)).status).toBe(404);
      expect((await harness.hub.verify(harness.hub.last)).status).toBe(404);
      expect((await harness.hub.verify(harness.hub.last, { 'hub.mode': 'unsubscribe' })).status).toBe(404);
      expect(await harness.row()).toMatchObject({ state: 'active' });
    }),
  );

  it(
    'S9 that comes two days late is answered 404',
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      harness.polling.nowMs += 2 * day;
      expect((await harness.hub.verify(form)).status).toBe(404);
    }),
  );

  it(
    'S9 about an end that we want is answered',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      harness.serveFeed(feed([1, 2], { hub: null }));
      await harness.poll();
      harness.hub.verificationMode = 'never';
      await harness.runManager();
      expect(await harness.row()).toMatchObject({ state: 'unsubscribing' });
      expect((await harness.hub.verify(harness.hub.last)).status).toBe(200);
      expect(await harness.row()).toMatchObject({ state: 'unsubscribed' });
    }),
  );

  it(
    'S18 that is a denial ends the matter for a day; polling goes on',
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      const answer = await harness.hub.verify(form, { 'hub.mode': 'denied', 'hub.reason': '<script>' });
      expect(answer.status).toBe(200);
      expect(await harness.row()).toMatchObject({ state: 'denied' });
      expect(harness.logged.join()).not.toContain('<script>');
      await harness.runManager(23 * hour);
      expect(harness.hub.forms).toHaveLength(1);
      harness.hub.verificationMode = 'before-response';
      await harness.runManager(2 * hour);
      expect(await harness.row()).toMatchObject({ state: 'active' });
      await harness.poll();
    }),
  );

  it(
    'S18 that denies another topic than ours is answered 404',
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      const forged = { 'hub.mode': 'denied', 'hub.topic': 'https://www.example.org/other' };
      expect((await harness.hub.verify(form, forged)).status).toBe(404);
      expect(await harness.row()).toMatchObject({ state: 'pending' });
    }),
  );

  it(
    'S18 may be a denial of what was granted before: pushes are refused then',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.hub.verify(harness.hub.last, { 'hub.mode': 'denied' });
      expect(await harness.row()).toMatchObject({ state: 'denied', trust: 'lost' });
      expect((await harness.push(feed([1, 2]))).status).toBe(404);
    }),
  );
});

describe('a push', () => {
  it(
    'S12 is acknowledged before it is read, and kept until it is',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      expect((await harness.push(feed([1, 2]))).status).toBe(202);
      expect(await harness.titles()).toEqual(['Story 1']);
      expect(harness.wakeCount).toBeGreaterThan(0);
      await harness.readPushes();
      expect(await harness.titles()).toEqual(['Story 1', 'Story 2']);
      expect(await harness.store.reader.selectFrom('websub_push').select('id').execute()).toEqual([]);
    }),
  );

  it(
    'S12 of 3 MB is acknowledged in the time that writing it down takes',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const body = `${feed([1, 2])}<!-- ${'x'.repeat(2_900_000)} -->`;
      const tookMs: number[] = [];
      for (let index = 0; index < 10; index += 1) {
        const startedMs = performance.now();
        expect((await harness.push(body)).status).toBe(202);
        tookMs.push(performance.now() - startedMs);
      }
      // Nothing is parsed here: generous for a busy machine, and far below what reading takes.
      expect(tookMs.toSorted((a, b) => a - b)[4]).toBeLessThan(500);
    }),
  );

  it.each<[string, Record<string, string | null>]>([
    ['no signature', { 'x-hub-signature': null }],
    ['an empty signature', { 'x-hub-signature': '' }],
    ['a wrong signature', { 'x-hub-signature': `sha256=${'0'.repeat(64)}` }],
    ['a signature that is longer', { 'x-hub-signature': `sha256=${'0'.repeat(68)}` }],
    ['a method that nobody knows', { 'x-hub-signature': 'md5=d41d8cd98f00b204e9800998ecf8427e' }],
  ])('S13 with %s is refused, and nothing of it is kept', (_what, over) =>
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const response = await harness.pushAndRead([1, 2], over);
      expect(response.status).toBe(403);
      expect(await harness.titles()).toEqual(['Story 1']);
    })());

  it(
    'S14 over http, where no secret was agreed, may be signed with whatever it likes',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1], { hub: `${harness.hub.origin.url}/hub` }));
      await harness.poll();
      await harness.runManager();
      expect((await harness.pushAndRead([1, 2], { 'x-hub-signature': 'sha1=00' })).status).toBe(202);
      expect(await harness.titles()).toContain('Story 2');
    }),
  );

  it(
    'S15 is known by its callback, whatever it says itself',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const link = '<https://other.example.org/feed>; rel="self", <https://other.example.org/hub>; rel="hub"';
      await harness.pushAndRead([1, 2], { link });
      const [newest] = await harness.polling.items();
      expect(newest?.source.id).toBe('a');
      expect(await harness.titles()).toContain('Story 2');
    }),
  );

  it(
    'S16 is never redirected',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const { callback_id } = await harness.row();
      for (const path of [
        `/websub/callback/${callback_id}/`,
        '/websub/callback/',
        `/websub/callback/${callback_id}?x=1`,
      ]) {
        for (const method of ['GET', 'POST']) {
          const { status } = await harness.app.request(path, { method });
          expect(status).toBeGreaterThanOrEqual(400);
        }
      }
    }),
  );

  it(
    'S17 for a subscription that was dropped is answered 410, for one that never was 404',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      harness.serveFeed(feed([1, 2], { hub: null }));
      await harness.poll();
      await harness.runManager();
      expect((await harness.push(feed([1, 2, 3]))).status).toBe(410);
      expect((await harness.app.request('/websub/callback/unknown', { method: 'POST', body: 'x' })).status).toBe(404);
      await harness.runManager(30 * day);
      expect(await harness.rows()).toEqual([]);
    }),
  );

  it(
    'S17 is answered 410 while the hub has yet to hear that we left',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      harness.serveFeed(feed([1, 2], { hub: null }));
      await harness.poll();
      harness.hub.verificationMode = 'never';
      await harness.runManager();
      expect((await harness.push(feed([1, 2, 3]))).status).toBe(410);
      for (let index = 0; index < 4; index += 1) await harness.runManager(day);
      expect(await harness.row()).toMatchObject({ state: 'unsubscribed' });
    }),
  );

  it(
    'is refused as long as its subscription was never verified',
    withSubscriber(async (harness) => {
      await pending(harness);
      expect((await harness.push(feed([1, 2]))).status).toBe(404);
    }),
  );
});
