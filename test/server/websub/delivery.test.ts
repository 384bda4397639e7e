import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../../src/push/websub/websub-signature.ts';
import { defaultEngine, withStore } from '../../contract/test-engines.ts';
import { HubHarness, hubUrl, topic, withHub } from '../../support/websub-hub-harness.ts';

const minute = 60_000;
const hour = 60 * minute;

describe('content distribution', () => {
  it.each([
    ['application/rss+xml; charset=utf-8', '<rss>é</rss>'],
    ['application/atom+xml; charset=utf-8', '<feed>é</feed>\n'],
    ['application/feed+json; charset=utf-8', '{"items":[]}'],
    ['text/plain', 'words\r\n'],
  ])('H15 delivers the whole document as %s', (contentType, text) =>
    withHub(async (hub) => {
      hub.documents.set(topic, { text, contentType });
      const subscriber = await hub.subscribedClient();
      const [delivered] = subscriber.deliveries;
      expect(delivered?.path).toBe('/cb');
      expect(delivered?.headers['content-type']).toBe(contentType);
      expect(delivered?.body).toBe(text);
    })());

  it(
    'H16 sends one Link header with the hub and one self URL',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      expect(subscriber.deliveries[0]?.headers['link']).toBe(`<${hubUrl}>; rel="hub", <${topic}>; rel="self"`);
    }),
  );

  it(
    'H17 signs the raw body with the secret',
    withHub(async (hub) => {
      hub.documents.set(topic, { text: '<feed>é</feed>' });
      const subscriber = await hub.subscribedClient({ 'hub.secret': 's3cr3t-é' });
      const [delivered] = subscriber.deliveries;
      const header = delivered?.headers['x-hub-signature'] ?? null;
      expect(header).toMatch(/^sha256=[0-9a-f]{64}$/);
      expect(verifySignature('s3cr3t-é', Buffer.from(delivered?.body ?? ''), header)).toBe(true);
    }),
  );

  it(
    'H17 sends no signature without a secret',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      expect(subscriber.deliveries[0]?.headers['x-hub-signature']).toBeUndefined();
    }),
  );

  it.each([301, 302, 307, 308, 400, 403, 500])('H18 counts status %i as a failure and follows no redirect', (status) =>
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber('/elsewhere');
      subscriber.onDelivery = () => ({ status, headers: { location: '/elsewhere' } });
      await hub.subscribe(subscriber.callback);
      expect(subscriber.origin.to('/elsewhere')).toEqual([]);
      expect(hub.outcomes).toEqual(['retried']);
      subscriber.onDelivery = () => ({ status: 200, body: 'x'.repeat(100_000) });
      await hub.advance(12_000);
      expect(hub.outcomes).toEqual(['retried', 'delivered']);
    })());

  it(
    'H19 ends the subscription when the callback answers 410',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onDelivery = () => ({ status: 410 });
      await hub.publish('two');
      await hub.publish('three');
      expect(subscriber.deliveries).toHaveLength(2);
      expect(hub.outcomes).toEqual(['delivered', 'gone']);
    }),
  );

  it(
    'H20 attempts a delivery 8 times within 12 hours, then drops it and delivers the next change',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onDelivery = () => ({ status: 500 });
      hub.changeTopic('two');
      await hub.runUntilIdle();
      const startMs = hub.nowMs;
      const triedMs: number[] = [];
      while (hub.nowMs < startMs + 13 * hour) {
        const before = subscriber.deliveries.length;
        await hub.advance(hub.nowMs < startMs + hour ? 5000 : 5 * minute);
        if (subscriber.deliveries.length > before) triedMs.push(hub.nowMs - startMs);
      }
      expect(triedMs).toHaveLength(8);
      expect(triedMs.at(-1)).toBeLessThan(12 * hour);
      expect(hub.outcomes.at(-1)).toBe('dropped');
      subscriber.onDelivery = () => ({ status: 200 });
      await hub.publish('three');
      expect(subscriber.deliveries.at(-1)?.body).toBe('three');
    }),
  );

  it(
    'H20 keeps the subscription through 20 failures',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onDelivery = () => ({ status: 503 });
      for (let index = 0; index < 100 && subscriber.deliveries.length < 21; index += 1) {
        hub.changeTopic(`change ${index}`);
        await hub.advance(hour);
      }
      subscriber.onDelivery = () => ({ status: 200 });
      await hub.publish('the last');
      await hub.advance(hour);
      expect(subscriber.deliveries.at(-1)?.body).toBe('the last');
      expect(hub.outcomes.at(-1)).toBe('delivered');
    }),
  );

  it(
    'H20 waits for as long as Retry-After requests',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onDelivery = () => ({ status: 503, headers: { 'retry-after': '600' } });
      await hub.publish('two');
      expect(subscriber.deliveries).toHaveLength(2);
      await hub.advance(9 * minute);
      expect(subscriber.deliveries).toHaveLength(2);
      await hub.advance(2 * minute);
      expect(subscriber.deliveries).toHaveLength(3);
    }),
  );

  it(
    'H24 delivers the newest content once after an outage',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onDelivery = () => ({ status: 500 });
      await hub.publish('change 0');
      for (let index = 1; index <= 5; index += 1) {
        hub.changeTopic(`change ${index}`);
        await hub.endpoint.run();
        await hub.endpoint.idle();
      }
      const rows = await hub.store.reader.selectFrom('websub_delivery').select('id').execute();
      expect(rows).toHaveLength(1);
      const before = subscriber.deliveries.length;
      subscriber.onDelivery = () => ({ status: 200 });
      await hub.advance(hour);
      expect(subscriber.deliveries.slice(before).map(({ body }) => body)).toEqual(['change 5']);
    }),
  );

  it(
    'H24 delivers again when the content changed during the attempt',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      subscriber.onDelivery = async () => {
        subscriber.onDelivery = () => ({ status: 200 });
        hub.changeTopic('three');
        await hub.endpoint.run();
        return { status: 200 };
      };
      await hub.publish('two');
      await hub.advance(minute);
      expect(subscriber.deliveries.map(({ body }) => body)).toEqual(['<feed>one</feed>', 'two', 'three']);
    }),
  );

  it(
    'H25 sends nothing if the content did not change',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      hub.appendEvent();
      await hub.runUntilIdle();
      await hub.advance(minute);
      expect(subscriber.deliveries).toHaveLength(1);
      expect(hub.outcomes).toEqual(['delivered', 'unchanged']);
    }),
  );

  it(
    'H25 delivers a change once, however often a publisher notifies the hub',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      hub.changeTopic('two');
      for (const name of ['hub.url', 'hub.topic', 'hub.url']) {
        expect((await hub.post({ 'hub.mode': 'publish', [name]: topic })).status).toBe(202);
        await hub.advance(minute);
      }
      expect(subscriber.deliveries).toHaveLength(2);
    }),
  );

  it('H25 refuses a publish request for a foreign feed', () =>
    withHub(async (hub) => {
      const foreign = { 'hub.mode': 'publish', 'hub.url': 'https://elsewhere.example.org/feed' };
      expect((await hub.post(foreign)).status).toBe(400);
      expect((await hub.post({ 'hub.mode': 'publish' })).status).toBe(400);
    })());

  it('H26 repeats the delivery of a crashed process after its lease, with the newest content', () =>
    withStore(defaultEngine, async (store) => {
      const first = new HubHarness(store);
      const subscriber = await first.subscribedClient();
      subscriber.onDelivery = () => undefined;
      first.changeTopic('two');
      await first.runUntilIdle();
      first.nowMs += 2000;
      // The process dies after the POST and before it stores the result.
      const due = await store.reader.selectFrom('websub_delivery').select('id').execute();
      expect(due).toHaveLength(1);
      await store.write((tx) =>
        tx
          .updateTable('websub_delivery')
          .set({ lease_token: 'dead', leased_until_ms: first.nowMs + 20_000 })
          .execute(),
      );
      const second = new HubHarness(store);
      second.nowMs = first.nowMs;
      subscriber.onDelivery = () => ({ status: 200 });
      second.changeTopic('two');
      second.changeTopic('three');
      await second.runUntilIdle();
      expect(subscriber.deliveries).toHaveLength(1);
      await second.advance(31_000);
      expect(subscriber.deliveries.map(({ body }) => body)).toEqual(['<feed>one</feed>', 'three']);
      await second.close();
      await first.close();
    }));

  it('H26 delivers changes that were logged while no process ran', () =>
    withStore(defaultEngine, async (store) => {
      const first = new HubHarness(store);
      const subscriber = await first.subscribedClient();
      await first.publish('two');
      const second = new HubHarness(store);
      second.nowMs = first.nowMs;
      second.changeTopic('two');
      second.changeTopic('three');
      await second.runUntilIdle();
      await second.advance(minute);
      expect(subscriber.deliveries.map(({ body }) => body)).toEqual(['<feed>one</feed>', 'two', 'three']);
      const replaced = new HubHarness(store);
      replaced.nowMs = second.nowMs;
      replaced.epoch = 'zzzz';
      replaced.documents.set(topic, { text: 'four' });
      await replaced.runUntilIdle();
      await replaced.advance(minute);
      expect(subscriber.deliveries.at(-1)?.body).toBe('four');
      for (const hub of [replaced, second, first]) await hub.close();
    }));

  it(
    'H27 writes no secret to the log or a response',
    withHub(async (hub) => {
      const secret = 'very-secret-word';
      const subscriber = await hub.subscribedClient({ 'hub.secret': secret });
      subscriber.onDelivery = () => ({ status: 500 });
      await hub.publish('two');
      subscriber.onVerification = () => ({ raw: 'nonsense', after: 'end' });
      await hub.subscribe(subscriber.callback, { 'hub.secret': secret });
      const refused = await hub.post({ 'hub.mode': 'subscribe', 'hub.secret': secret.repeat(20) });
      expect(await refused.text()).not.toContain(secret);
      expect(hub.logged.length).toBeGreaterThan(0);
      expect(hub.logged.join('\n')).not.toContain(secret);
      for (const { path, body } of subscriber.origin.requests) expect(path + body).not.toContain(secret);
    }),
  );

  it(
    'H28 delivers the current document to a new subscription once',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      await hub.post({ 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': subscriber.callback });
      // An event is appended between the read of the document and the verification.
      hub.changeTopic('meanwhile');
      await hub.runUntilIdle();
      await hub.subscribe(subscriber.callback);
      await hub.advance(minute);
      expect(subscriber.deliveries.map(({ body }) => body)).toEqual(['meanwhile']);
    }),
  );

  it(
    'P5 delivers a new item without a publish request',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      await hub.publish('with the new item');
      expect(subscriber.deliveries.at(-1)?.body).toBe('with the new item');
    }),
  );

  it(
    'sends one subscriber at most one delivery in 5 seconds',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      for (let second = 0; second < 30; second += 1) {
        hub.changeTopic(`second ${second}`);
        await hub.advance(1000);
      }
      expect(subscriber.deliveries.length).toBeGreaterThan(3);
      expect(subscriber.deliveries.length).toBeLessThanOrEqual(8);
      await hub.advance(6000);
      expect(subscriber.deliveries.at(-1)?.body).toBe('second 29');
    }),
  );

  it(
    'pauses a failing host, however many subscriptions it has',
    withHub(async (hub) => {
      const subscriber = await hub.startSubscriber();
      for (let index = 0; index < 12; index += 1) await hub.subscribe(`${subscriber.callback}?n=${index}`);
      const before = subscriber.deliveries.length;
      subscriber.onDelivery = () => ({ status: 500 });
      hub.changeTopic('two');
      await hub.runUntilIdle();
      await hub.advance(2000);
      expect(subscriber.deliveries.length - before).toBeLessThanOrEqual(6);
      subscriber.onDelivery = () => ({ status: 200 });
      for (let round = 0; round < 20; round += 1) await hub.advance(minute);
      const bodies = new Map(subscriber.deliveries.map(({ path, body }) => [path, body]));
      expect([...bodies.values()].every((body) => body === 'two')).toBe(true);
    }),
  );

  it(
    'delivers once the database is writable again, however often claiming failed before',
    withHub(async (hub) => {
      const subscriber = await hub.subscribedClient();
      hub.changeTopic('two');
      await hub.runUntilIdle();
      const failures: string[] = [];
      await sql`pragma query_only = 1`.execute(hub.store.writer);
      for (let tries = 0; tries < 5; tries += 1) {
        // Each time the probe succeeds, and the claim fails again.
        await hub.advance(6000).catch((error: unknown) => failures.push(String(error)));
        await sql`pragma query_only = 0`.execute(hub.store.writer);
        await hub.store.storage.probe();
        if (tries < 4) await sql`pragma query_only = 1`.execute(hub.store.writer);
      }
      expect(failures).toHaveLength(5);
      expect(subscriber.deliveries.at(-1)?.body).not.toBe('two');
      await hub.advance(6000);
      expect(subscriber.deliveries.at(-1)?.body).toBe('two');
    }),
  );
});
