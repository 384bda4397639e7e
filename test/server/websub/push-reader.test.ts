import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { day, hour, minute } from '../../support/builders.ts';
import { feed, hubUrl, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

describe('a stored push', () => {
  it(
    'S19 accepts a push of 3 MB and refuses a larger one',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      expect((await harness.push('x'.repeat(3 * 1024 * 1024))).status).toBe(202);
      expect((await harness.push('x'.repeat(3 * 1024 * 1024 + 1))).status).toBe(413);
    }),
  );

  it.each<[string, string | null, Record<string, string>]>([
    ['to a callback that does not exist', 'unknown', {}],
    ['without a signature although a secret was agreed', null, {}],
  ])('S19 refuses a push %s before its body is read', (_what, id, headers) =>
    withSubscriber(async (harness) => {
      await harness.subscribed();
      let pulled = 0;
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            pulled += 1;
            controller.enqueue(new Uint8Array(1024));
          },
        },
        { highWaterMark: 0 },
      );
      const path = `/websub/callback/${id ?? (await harness.row()).callback_id}`;
      const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
      expect((await harness.app.request(path, init)).status).toBe(id === null ? 403 : 404);
      expect(pulled).toBe(0);
    })());

  it.each([
    ['application/rss+xml', 202],
    ['application/atom+xml; charset=utf-8', 202],
    ['application/rdf+xml', 202],
    ['application/xml', 202],
    ['text/xml', 202],
    ['application/feed+json', 202],
    ['application/json', 202],
    ['text/html', 202],
    [null, 202],
    ['image/png', 415],
    ['application/octet-stream', 415],
  ])('S19 answers a push of type %s with %i', (contentType, status) =>
    withSubscriber(async (harness) => {
      await harness.subscribed();
      expect((await harness.push(feed([1, 2]), { 'content-type': contentType })).status).toBe(status);
    })());

  it(
    'S19 brings the next poll forward after an empty push',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.poll();
      harness.polling.nowMs += 10 * minute;
      expect((await harness.push('')).status).toBe(202);
      expect(await harness.polling.state()).toMatchObject({
        nextCheckMs: harness.polling.nowMs,
        nextCheckReason: { code: 'hub_reported_change' },
      });
    }),
  );

  it(
    'reports a push to the metrics as a fetched document with its items',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.push(feed([1, 2]));
      await harness.readPushes();
      expect(harness.metricCalls).toEqual(['fetched a', 'stored 1+0']);
    }),
  );

  it(
    'S19 brings the next poll forward after an unreadable push, at least a minute after the last poll',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.poll();
      await harness.push('<html><p>no feed</p></html>', { 'content-type': 'text/html' });
      await harness.readPushes();
      expect((await harness.polling.state()).nextCheckMs).toBe(harness.polling.nowMs + minute);
    }),
  );

  it(
    'S19 stores a limited number of pending pushes',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const statuses: number[] = [];
      for (let index = 0; index < 22; index += 1) statuses.push((await harness.push(feed([1]))).status);
      expect(statuses.filter((status) => status === 202)).toHaveLength(20);
      expect(statuses.at(-1)).toBe(503);
    }),
  );

  it(
    'S14 verifies the encoded bytes of a push and decodes them afterwards',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const response = await harness.push(gzipSync(feed([1, 2])), { 'content-encoding': 'gzip' });
      expect(response.status).toBe(202);
      await harness.readPushes();
      expect(await harness.titles()).toContain('Story 2');
      await harness.push('nonsense', { 'content-encoding': 'zstd' });
      await harness.readPushes();
      expect(await harness.titles()).toEqual(['Story 1', 'Story 2']);
    }),
  );

  it(
    'S20 keeps items that a push does not contain, and reads only items from it',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1, 2, 3]), { etag: '"one"' });
      await harness.poll();
      await harness.runManager();
      const before = await harness.store.reader.selectFrom('source').selectAll().executeTakeFirstOrThrow();
      const complete = feed([4], { hub: 'https://evil.example.org/hub', self: 'https://evil.example.org/' })
        .replace('Stories', 'Somebody else')
        .replace(
          '<item>',
          '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/><at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="g-1" when="2026-03-01T12:00:00Z"/><item>',
        );
      for (let index = 0; index < 3; index += 1) {
        await harness.push(complete);
        await harness.readPushes();
      }
      expect(await harness.titles()).toEqual(['Story 1', 'Story 2', 'Story 3', 'Story 4']);
      const after = await harness.store.reader.selectFrom('source').selectAll().executeTakeFirstOrThrow();
      expect({ ...after, items: 3 }).toEqual(before);
    }),
  );

  it(
    'S21 polls on schedule although pushes arrive every two hours',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.poll();
      const untilMs = harness.polling.nowMs + 3 * day;
      let polls = 0;
      let story = 1;
      for (let pushMs = harness.polling.nowMs + 2 * hour; pushMs < untilMs; pushMs += 2 * hour) {
        for (let due = await harness.polling.state(); due.nextCheckMs < pushMs; due = await harness.polling.state()) {
          await harness.poll();
          polls += 1;
        }
        harness.polling.nowMs = pushMs;
        story += 1;
        harness.serveFeed(feed([1, story]));
        const { nextCheckMs } = await harness.polling.state();
        await harness.pushAndRead([1, story]);
        expect((await harness.polling.state()).nextCheckMs).toBe(nextCheckMs);
      }
      expect(polls).toBeGreaterThanOrEqual(12);
      expect(await harness.titles()).toHaveLength(story);
    }),
  );

  it(
    'S22 polls once more a minute after a subscription is confirmed',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const state = await harness.polling.state();
      expect(state.nextCheckMs).toBe(harness.polling.nowMs + minute);
      expect(state.nextCheckReason).toEqual({ code: 'hub_subscribed' });
      await harness.poll();
      // A renewal causes no further poll.
      await harness.runManager(7 * day);
      expect((await harness.polling.state()).nextCheckReason.code).not.toBe('hub_subscribed');
    }),
  );

  it(
    'S27 applies the rules of polls to pushed items',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const bad =
        '<description>&lt;p onclick="x()"&gt;Text&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description>';
      const push = feed([1, 2]).replace(
        'https://www.example.org/2</link>',
        `https://www.example.org/2?utm_source=rss#top</link>${bad}`,
      );
      await harness.push(push);
      await harness.readPushes();
      const item = (await harness.polling.items()).find(({ title }) => title === 'Story 2');
      expect(item?.url).toBe('https://www.example.org/2#top');
      expect(item?.contentHtml).toBe('<p>Text</p>');
      expect(item?.backfill).toBe(false);
    }),
  );

  it(
    'S27 resolves relative links of a push against its topic',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const push = feed([2])
        .replace('<link>https://www.example.org/</link>', '')
        .replace('https://www.example.org/2<', '/two<');
      await harness.push(push);
      await harness.readPushes();
      const item = (await harness.polling.items()).find(({ title }) => title === 'Story 2');
      expect(item?.url).toBe('https://www.example.org/two');
    }),
  );

  it(
    'S27 stores one item and one event for a push and a poll in either order',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      const before = await harness.events();
      await harness.pushAndRead([1, 2]);
      await harness.pushAndRead([1, 2]);
      harness.serveFeed(feed([1, 2, 3]));
      await harness.poll();
      await harness.pushAndRead([2, 3]);
      expect(await harness.titles()).toEqual(['Story 1', 'Story 2', 'Story 3']);
      expect(await harness.events()).toBe(before + 2);
      expect(harness.polling.notifiedHeads.at(-1)).toBe(before + 2);
    }),
  );
});

describe('trust in a hub', () => {
  it(
    'S23 trusts a hub after its first push with entries',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      expect(await harness.row()).toMatchObject({ trust: 'unproven', pushes: 0 });
      await harness.pushAndRead([]);
      expect(await harness.row()).toMatchObject({ trust: 'unproven', pushes: 1 });
      await harness.pushAndRead([1, 2]);
      expect(await harness.row()).toMatchObject({ trust: 'trusted', pushes: 2 });
    }),
  );

  it(
    'S23 counts which came first, and tolerates a hub that is up to ten minutes late',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      harness.polling.nowMs += minute;
      await harness.pushAndRead([1, 2]);
      harness.serveFeed(feed([1, 2, 3]));
      await harness.poll();
      harness.polling.nowMs += 5 * minute;
      await harness.pushAndRead([3]);
      await harness.runManager(11 * minute);
      expect(await harness.row()).toMatchObject({ trust: 'trusted', pushed_first: 1, polled_first: 1, missed: 0 });
    }),
  );

  it(
    'S23 distrusts a hub that never delivers what a poll found, until it delivers again',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      harness.polling.nowMs += minute;
      await harness.pushAndRead([1, 2]);
      harness.serveFeed(feed([1, 2, 3]));
      await harness.poll();
      await harness.runManager(9 * minute);
      expect(await harness.row()).toMatchObject({ trust: 'trusted' });
      await harness.runManager(2 * minute);
      expect(await harness.row()).toMatchObject({ trust: 'lost', missed: 1 });
      expect(harness.logged.filter((line) => line.includes('missed'))).toHaveLength(1);
      expect((await harness.polling.state()).nextCheckMs).toBeLessThanOrEqual(harness.polling.nowMs);
      await harness.runManager(hour);
      expect(await harness.row()).toMatchObject({ trust: 'lost', missed: 1 });
      await harness.pushAndRead([3, 4]);
      expect(await harness.row()).toMatchObject({ trust: 'trusted' });
    }),
  );

  it(
    'S23 does not count items from before the subscription, or backfill, against a hub',
    withSubscriber(async (harness) => {
      await harness.subscribed([1, 2, 3]);
      await harness.pushAndRead([1]);
      const old = new Date(harness.polling.nowMs - 30 * day).toUTCString();
      harness.polling.nowMs += minute;
      harness.serveFeed(feed([9, 1, 2, 3]).replace('<guid>g-9', `<pubDate>${old}</pubDate><guid>g-9`));
      await harness.poll();
      await harness.runManager(hour);
      expect(await harness.row()).toMatchObject({ trust: 'trusted', missed: 0 });
    }),
  );

  it(
    'S23 evaluates two hubs of a source separately',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1], { hub: null }), {
        link: `<${hubUrl}>; rel=hub, <${hubUrl}?two>; rel=hub, <${topic}>; rel=self`,
      });
      await harness.poll();
      await harness.runManager();
      harness.polling.nowMs += minute;
      await harness.pushAndRead([1, 2]);
      await harness.runManager(hour);
      const trust = (await harness.rows()).map((row) => [row.trust, row.missed]);
      expect(trust.toSorted()).toEqual([
        ['lost', 1],
        ['trusted', 0],
      ]);
    }),
  );
});
