import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { day, hour, minute } from '../../support/store-fixture.ts';
import { printCaseResults } from '../../support/websub-cases.ts';
import { feed, hubUrl, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

printCaseResults();

describe('what is pushed', () => {
  it(
    'S19 may be 3 MB, and no more',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      expect((await desk.push('x'.repeat(3 * 1024 * 1024))).status).toBe(202);
      expect((await desk.push('x'.repeat(3 * 1024 * 1024 + 1))).status).toBe(413);
    }),
  );

  it.each<[string, string | null, Record<string, string>]>([
    ['to a callback that does not exist', 'unknown', {}],
    ['without the signature that was agreed', null, {}],
  ])('S19 %s is refused before its body is read', (_what, id, headers) =>
    withSubscriber(async (desk) => {
      await desk.subscribed();
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
      const path = `/websub/callback/${id ?? (await desk.row()).callback_id}`;
      const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
      expect((await desk.app.request(path, init)).status).toBe(id === null ? 403 : 404);
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
  ])('S19 may be of type %s: %i', (contentType, status) =>
    withSubscriber(async (desk) => {
      await desk.subscribed();
      expect((await desk.push(feed([1, 2]), { 'content-type': contentType })).status).toBe(status);
    })());

  it(
    'S19 may be nothing: then the source is read soon',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.poll();
      desk.intake.nowMs += 10 * minute;
      expect((await desk.push('')).status).toBe(202);
      expect(await desk.intake.state()).toMatchObject({
        nextCheckMs: desk.intake.nowMs,
        nextCheckReason: 'its hub tells of news',
      });
    }),
  );

  it(
    'is told to the figures as a document that was read, with what it brought',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.push(feed([1, 2]));
      await desk.readPushes();
      expect(desk.metricCalls).toEqual(['fetched a', 'stored 1+0']);
    }),
  );

  it(
    'S19 that cannot be read makes the source due as well, but no sooner than a minute after its last read',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.poll();
      await desk.push('<html><p>no feed</p></html>', { 'content-type': 'text/html' });
      await desk.readPushes();
      expect((await desk.intake.state()).nextCheckMs).toBe(desk.intake.nowMs + minute);
    }),
  );

  it(
    'S19 waits in a bounded number',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const statuses: number[] = [];
      for (let index = 0; index < 22; index += 1) statuses.push((await desk.push(feed([1]))).status);
      expect(statuses.filter((status) => status === 202)).toHaveLength(20);
      expect(statuses.at(-1)).toBe(503);
    }),
  );

  it(
    'S14 is signed over the bytes of the wire, and read after its coding is undone',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const response = await desk.push(gzipSync(feed([1, 2])), { 'content-encoding': 'gzip' });
      expect(response.status).toBe(202);
      await desk.readPushes();
      expect(await desk.titles()).toContain('Story 2');
      await desk.push('nonsense', { 'content-encoding': 'zstd' });
      await desk.readPushes();
      expect(await desk.titles()).toEqual(['Story 1', 'Story 2']);
    }),
  );

  it(
    'S20 is part of a document: what it lacks stays, and nothing but its items is taken from it',
    withSubscriber(async (desk) => {
      desk.serveFeed(feed([1, 2, 3]), { etag: '"one"' });
      await desk.poll();
      await desk.runManager();
      const before = await desk.store.reader.selectFrom('source').selectAll().executeTakeFirstOrThrow();
      const complete = feed([4], { hub: 'https://evil.example.org/hub', self: 'https://evil.example.org/' })
        .replace('Stories', 'Somebody else')
        .replace(
          '<item>',
          '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/><at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="g-1" when="2026-03-01T12:00:00Z"/><item>',
        );
      for (let index = 0; index < 3; index += 1) {
        await desk.push(complete);
        await desk.readPushes();
      }
      expect(await desk.titles()).toEqual(['Story 1', 'Story 2', 'Story 3', 'Story 4']);
      const after = await desk.store.reader.selectFrom('source').selectAll().executeTakeFirstOrThrow();
      expect({ ...after, items: 3 }).toEqual(before);
    }),
  );

  it(
    'S21 postpones no poll: pushes every two hours for three days, and every poll is made when it was due',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.poll();
      const untilMs = desk.intake.nowMs + 3 * day;
      let polls = 0;
      let story = 1;
      for (let pushMs = desk.intake.nowMs + 2 * hour; pushMs < untilMs; pushMs += 2 * hour) {
        for (let due = await desk.intake.state(); due.nextCheckMs < pushMs; due = await desk.intake.state()) {
          await desk.poll();
          polls += 1;
        }
        desk.intake.nowMs = pushMs;
        story += 1;
        desk.serveFeed(feed([1, story]));
        const { nextCheckMs } = await desk.intake.state();
        await desk.pushAndRead([1, story]);
        expect((await desk.intake.state()).nextCheckMs).toBe(nextCheckMs);
      }
      expect(polls).toBeGreaterThanOrEqual(12);
      expect(await desk.titles()).toHaveLength(story);
    }),
  );

  it(
    'S22 is preceded by one more read, a minute after the subscription stands',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const state = await desk.intake.state();
      expect(state.nextCheckMs).toBe(desk.intake.nowMs + minute);
      expect(state.nextCheckReason).toBe('subscribed at its hub');
      await desk.poll();
      // A renewal is no reason for another.
      await desk.runManager(7 * day);
      expect((await desk.intake.state()).nextCheckReason).not.toBe('subscribed at its hub');
    }),
  );

  it(
    'S27 goes by the same rules as what is polled',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const bad =
        '<description>&lt;p onclick="x()"&gt;Text&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description>';
      const push = feed([1, 2]).replace(
        'https://www.example.org/2</link>',
        `https://www.example.org/2?utm_source=rss#top</link>${bad}`,
      );
      await desk.push(push);
      await desk.readPushes();
      const item = (await desk.intake.items()).find(({ title }) => title === 'Story 2');
      expect(item?.url).toBe('https://www.example.org/2#top');
      expect(item?.contentHtml).toBe('<p>Text</p>');
      expect(item?.backfill).toBe(false);
    }),
  );

  it(
    'S27 has its relative links resolved against its topic, as far as it says nothing else',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const push = feed([2])
        .replace('<link>https://www.example.org/</link>', '')
        .replace('https://www.example.org/2<', '/two<');
      await desk.push(push);
      await desk.readPushes();
      const item = (await desk.intake.items()).find(({ title }) => title === 'Story 2');
      expect(item?.url).toBe('https://www.example.org/two');
    }),
  );

  it(
    'S27 is one item and one event with what a poll finds, whichever comes first',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      const before = await desk.events();
      await desk.pushAndRead([1, 2]);
      await desk.pushAndRead([1, 2]);
      desk.serveFeed(feed([1, 2, 3]));
      await desk.poll();
      await desk.pushAndRead([2, 3]);
      expect(await desk.titles()).toEqual(['Story 1', 'Story 2', 'Story 3']);
      expect(await desk.events()).toBe(before + 2);
      expect(desk.intake.notifiedHeads.at(-1)).toBe(before + 2);
    }),
  );
});

describe('trust in a hub', () => {
  it(
    'S23 is earned by the first push that brings something',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      expect(await desk.row()).toMatchObject({ trust: 'unproven', pushes: 0 });
      await desk.pushAndRead([]);
      expect(await desk.row()).toMatchObject({ trust: 'unproven', pushes: 1 });
      await desk.pushAndRead([1, 2]);
      expect(await desk.row()).toMatchObject({ trust: 'trusted', pushes: 2 });
    }),
  );

  it(
    'S23 counts who was first, and forgives a hub that is late within ten minutes',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      desk.intake.nowMs += minute;
      await desk.pushAndRead([1, 2]);
      desk.serveFeed(feed([1, 2, 3]));
      await desk.poll();
      desk.intake.nowMs += 5 * minute;
      await desk.pushAndRead([3]);
      await desk.runManager(11 * minute);
      expect(await desk.row()).toMatchObject({ trust: 'trusted', pushed_first: 1, polled_first: 1, missed: 0 });
    }),
  );

  it(
    'S23 is lost when a poll finds what the hub never brings, until it brings something again',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      desk.intake.nowMs += minute;
      await desk.pushAndRead([1, 2]);
      desk.serveFeed(feed([1, 2, 3]));
      await desk.poll();
      await desk.runManager(9 * minute);
      expect(await desk.row()).toMatchObject({ trust: 'trusted' });
      await desk.runManager(2 * minute);
      expect(await desk.row()).toMatchObject({ trust: 'lost', missed: 1 });
      expect(desk.logged.filter((line) => line.includes('missed'))).toHaveLength(1);
      expect((await desk.intake.state()).nextCheckMs).toBeLessThanOrEqual(desk.intake.nowMs);
      await desk.runManager(hour);
      expect(await desk.row()).toMatchObject({ trust: 'lost', missed: 1 });
      await desk.pushAndRead([3, 4]);
      expect(await desk.row()).toMatchObject({ trust: 'trusted' });
    }),
  );

  it(
    'S23 holds nothing against a hub that was there before it, or is old news',
    withSubscriber(async (desk) => {
      await desk.subscribed([1, 2, 3]);
      await desk.pushAndRead([1]);
      const old = new Date(desk.intake.nowMs - 30 * day).toUTCString();
      desk.intake.nowMs += minute;
      desk.serveFeed(feed([9, 1, 2, 3]).replace('<guid>g-9', `<pubDate>${old}</pubDate><guid>g-9`));
      await desk.poll();
      await desk.runManager(hour);
      expect(await desk.row()).toMatchObject({ trust: 'trusted', missed: 0 });
    }),
  );

  it(
    'S23 of two hubs is judged each by itself',
    withSubscriber(async (desk) => {
      desk.serveFeed(feed([1], { hub: null }), {
        link: `<${hubUrl}>; rel=hub, <${hubUrl}?two>; rel=hub, <${topic}>; rel=self`,
      });
      await desk.poll();
      await desk.runManager();
      desk.intake.nowMs += minute;
      await desk.pushAndRead([1, 2]);
      await desk.runManager(hour);
      const trust = (await desk.rows()).map((row) => [row.trust, row.missed]);
      expect(trust.toSorted()).toEqual([
        ['lost', 1],
        ['trusted', 0],
      ]);
    }),
  );
});
