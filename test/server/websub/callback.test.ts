import { describe, expect, it } from 'vitest';
import { day, hour } from '../../support/store-fixture.ts';
import { printCaseResults } from '../../support/websub-cases.ts';
import { feed, type SubscriberHarness, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

printCaseResults();

async function pending(desk: SubscriberHarness): Promise<URLSearchParams> {
  desk.hub.verificationMode = 'never';
  await desk.subscribed();
  return desk.hub.last;
}

describe('a hub’s question', () => {
  it(
    'S9 is answered with the challenge, as plain text, when we have asked for just that',
    withSubscriber(async (desk) => {
      const form = await pending(desk);
      const answer = await desk.hub.verify(form, { 'hub.challenge': '<b>é&' });
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
    withSubscriber(async (desk) => {
      const form = await pending(desk);
      expect((await desk.hub.verify(form, over)).status).toBe(404);
      expect(await desk.row()).toMatchObject({ state: 'pending' });
    })());

  it(
    'S9 to a callback that is not ours, or about what was confirmed long ago, is answered 404',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const query = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.challenge': 'x' });
      expect((await desk.app.request(`/websub/callback/unknown?${query}`)).status).toBe(404);
      expect((await desk.hub.verify(desk.hub.last)).status).toBe(404);
      expect((await desk.hub.verify(desk.hub.last, { 'hub.mode': 'unsubscribe' })).status).toBe(404);
      expect(await desk.row()).toMatchObject({ state: 'active' });
    }),
  );

  it(
    'S9 that comes two days late is answered 404',
    withSubscriber(async (desk) => {
      const form = await pending(desk);
      desk.intake.nowMs += 2 * day;
      expect((await desk.hub.verify(form)).status).toBe(404);
    }),
  );

  it(
    'S9 about an end that we want is answered',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      desk.serveFeed(feed([1, 2], { hub: null }));
      await desk.poll();
      desk.hub.verificationMode = 'never';
      await desk.runManager();
      expect(await desk.row()).toMatchObject({ state: 'dropping' });
      expect((await desk.hub.verify(desk.hub.last)).status).toBe(200);
      expect(await desk.row()).toMatchObject({ state: 'dropped' });
    }),
  );

  it(
    'S18 that is a denial ends the matter for a day; polling goes on',
    withSubscriber(async (desk) => {
      const form = await pending(desk);
      const answer = await desk.hub.verify(form, { 'hub.mode': 'denied', 'hub.reason': '<script>' });
      expect(answer.status).toBe(200);
      expect(await desk.row()).toMatchObject({ state: 'denied' });
      expect(desk.logged.join()).not.toContain('<script>');
      await desk.runManager(23 * hour);
      expect(desk.hub.forms).toHaveLength(1);
      desk.hub.verificationMode = 'inside';
      await desk.runManager(2 * hour);
      expect(await desk.row()).toMatchObject({ state: 'active' });
      await desk.poll();
    }),
  );

  it(
    'S18 that denies another topic than ours is answered 404',
    withSubscriber(async (desk) => {
      const form = await pending(desk);
      const forged = { 'hub.mode': 'denied', 'hub.topic': 'https://www.example.org/other' };
      expect((await desk.hub.verify(form, forged)).status).toBe(404);
      expect(await desk.row()).toMatchObject({ state: 'pending' });
    }),
  );

  it(
    'S18 may be a denial of what was granted before: pushes are refused then',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.hub.verify(desk.hub.last, { 'hub.mode': 'denied' });
      expect(await desk.row()).toMatchObject({ state: 'denied', trust: 'lost' });
      expect((await desk.push(feed([1, 2]))).status).toBe(404);
    }),
  );
});

describe('a push', () => {
  it(
    'S12 is acknowledged before it is read, and kept until it is',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      expect((await desk.push(feed([1, 2]))).status).toBe(202);
      expect(await desk.titles()).toEqual(['Story 1']);
      expect(desk.wakeCount).toBeGreaterThan(0);
      await desk.readPushes();
      expect(await desk.titles()).toEqual(['Story 1', 'Story 2']);
      expect(await desk.store.reader.selectFrom('websub_push').select('id').execute()).toEqual([]);
    }),
  );

  it(
    'S12 of 3 MB is acknowledged in the time that writing it down takes',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const body = `${feed([1, 2])}<!-- ${'x'.repeat(2_900_000)} -->`;
      const tookMs: number[] = [];
      for (let index = 0; index < 10; index += 1) {
        const startedMs = performance.now();
        expect((await desk.push(body)).status).toBe(202);
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
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const response = await desk.pushAndRead([1, 2], over);
      expect(response.status).toBe(403);
      expect(await desk.titles()).toEqual(['Story 1']);
    })());

  it(
    'S14 over http, where no secret was agreed, may be signed with whatever it likes',
    withSubscriber(async (desk) => {
      desk.serveFeed(feed([1], { hub: `${desk.hub.origin.url}/hub` }));
      await desk.poll();
      await desk.runManager();
      expect((await desk.pushAndRead([1, 2], { 'x-hub-signature': 'sha1=00' })).status).toBe(202);
      expect(await desk.titles()).toContain('Story 2');
    }),
  );

  it(
    'S15 is known by its callback, whatever it says itself',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const link = '<https://other.example.org/feed>; rel="self", <https://other.example.org/hub>; rel="hub"';
      await desk.pushAndRead([1, 2], { link });
      const [newest] = await desk.intake.items();
      expect(newest?.source.id).toBe('a');
      expect(await desk.titles()).toContain('Story 2');
    }),
  );

  it(
    'S16 is never redirected',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const { callback_id } = await desk.row();
      for (const path of [
        `/websub/callback/${callback_id}/`,
        '/websub/callback/',
        `/websub/callback/${callback_id}?x=1`,
      ]) {
        for (const method of ['GET', 'POST']) {
          const { status } = await desk.app.request(path, { method });
          expect(status).toBeGreaterThanOrEqual(400);
        }
      }
    }),
  );

  it(
    'S17 for a subscription that was dropped is answered 410, for one that never was 404',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      desk.serveFeed(feed([1, 2], { hub: null }));
      await desk.poll();
      await desk.runManager();
      expect((await desk.push(feed([1, 2, 3]))).status).toBe(410);
      expect((await desk.app.request('/websub/callback/unknown', { method: 'POST', body: 'x' })).status).toBe(404);
      await desk.runManager(30 * day);
      expect(await desk.rows()).toEqual([]);
    }),
  );

  it(
    'S17 is answered 410 while the hub has yet to hear that we left',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      desk.serveFeed(feed([1, 2], { hub: null }));
      await desk.poll();
      desk.hub.verificationMode = 'never';
      await desk.runManager();
      expect((await desk.push(feed([1, 2, 3]))).status).toBe(410);
      for (let index = 0; index < 4; index += 1) await desk.runManager(day);
      expect(await desk.row()).toMatchObject({ state: 'dropped' });
    }),
  );

  it(
    'is refused as long as its subscription was never verified',
    withSubscriber(async (desk) => {
      await pending(desk);
      expect((await desk.push(feed([1, 2]))).status).toBe(404);
    }),
  );
});
