import { describe, expect, it } from 'vitest';
import { day, hour } from '../../support/builders.ts';
import { feed, type SubscriberHarness, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

async function pending(harness: SubscriberHarness): Promise<URLSearchParams> {
  harness.hub.verificationMode = 'never';
  await harness.subscribed();
  return harness.hub.last;
}

describe('the callback at a verification', () => {
  it(
    'S9 returns the challenge as plain text if the subscription was requested',
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
    ['a challenge that is too long', { 'hub.challenge': 'x'.repeat(5000) }],
    ['no mode', { 'hub.mode': '' }],
    ['an unknown mode', { 'hub.mode': 'publish' }],
    ['an unsubscription that was not requested', { 'hub.mode': 'unsubscribe' }],
  ])('S9 answers 404 to a verification with %s and changes nothing', (_what, over) =>
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      expect((await harness.hub.verify(form, over)).status).toBe(404);
      expect(await harness.row()).toMatchObject({ state: 'pending' });
    })());

  it(
    'S9 answers 404 for an unknown callback and for a subscription that is confirmed already',
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
    'S9 answers 404 to a verification two days after the request',
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      harness.polling.nowMs += 2 * day;
      expect((await harness.hub.verify(form)).status).toBe(404);
    }),
  );

  it(
    'S9 confirms an unsubscription that was requested',
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
    'S18 waits a day after a denial and keeps polling',
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
    'S18 answers 404 to a denial of another topic',
    withSubscriber(async (harness) => {
      const form = await pending(harness);
      const forged = { 'hub.mode': 'denied', 'hub.topic': 'https://www.example.org/other' };
      expect((await harness.hub.verify(form, forged)).status).toBe(404);
      expect(await harness.row()).toMatchObject({ state: 'pending' });
    }),
  );

  it(
    'S18 accepts the denial of an active subscription and refuses pushes afterwards',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.hub.verify(harness.hub.last, { 'hub.mode': 'denied' });
      expect(await harness.row()).toMatchObject({ state: 'denied', trust: 'lost' });
      expect((await harness.push(feed([1, 2]))).status).toBe(404);
    }),
  );
});

describe('the callback at a push', () => {
  it(
    'S12 acknowledges a push before it is read, and stores it until then',
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
    'S12 acknowledges a push of 3 MB in the time that storing it takes',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const body = `${feed([1, 2])}<!-- ${'x'.repeat(2_900_000)} -->`;
      const tookMs: number[] = [];
      for (let index = 0; index < 10; index += 1) {
        const startedMs = performance.now();
        expect((await harness.push(body)).status).toBe(202);
        tookMs.push(performance.now() - startedMs);
      }
      // Nothing is parsed: generous for a busy machine, and much less than parsing takes.
      expect(tookMs.toSorted((a, b) => a - b)[4]).toBeLessThan(500);
    }),
  );

  it.each<[string, Record<string, string | null>]>([
    ['no signature', { 'x-hub-signature': null }],
    ['an empty signature', { 'x-hub-signature': '' }],
    ['a wrong signature', { 'x-hub-signature': `sha256=${'0'.repeat(64)}` }],
    ['a signature that is longer', { 'x-hub-signature': `sha256=${'0'.repeat(68)}` }],
    ['an unknown method', { 'x-hub-signature': 'md5=d41d8cd98f00b204e9800998ecf8427e' }],
  ])('S13 refuses a push with %s and stores nothing of it', (_what, over) =>
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const response = await harness.pushAndRead([1, 2], over);
      expect(response.status).toBe(403);
      expect(await harness.titles()).toEqual(['Story 1']);
    })());

  it(
    'S14 accepts any signature from an http hub, with which no secret was agreed',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1], { hub: `${harness.hub.origin.url}/hub` }));
      await harness.poll();
      await harness.runManager();
      expect((await harness.pushAndRead([1, 2], { 'x-hub-signature': 'sha1=00' })).status).toBe(202);
      expect(await harness.titles()).toContain('Story 2');
    }),
  );

  it(
    'S15 assigns a push to the source of its callback, whatever its Link header names',
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
    'S16 never redirects a hub',
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
    'S17 answers 410 for an ended subscription and 404 for one that never existed',
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
    'S17 answers 410 while the unsubscription is not confirmed yet',
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
    'refuses a push for a subscription that was never verified',
    withSubscriber(async (harness) => {
      await pending(harness);
      expect((await harness.push(feed([1, 2]))).status).toBe(404);
    }),
  );
});
