import { describe, expect, it } from 'vitest';
import { declareSources } from '../../../src/store/sources/declare-sources.ts';
import { day, hour, minute } from '../../support/store-fixture.ts';
import { printCaseResults } from '../../support/websub-cases.ts';
import { feed, hubUrl, publicUrl, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

printCaseResults();

const elsewhere = 'https://other.example.org/hub';

describe('discovery', () => {
  it.each<[string, Record<string, string>, string, [string, string]]>([
    [
      'Link headers',
      { link: `<${hubUrl}>; rel=hub, <${topic}>; rel=self` },
      feed([1], { hub: null, self: null }),
      [hubUrl, topic],
    ],
    ['the document', {}, feed([1]), [hubUrl, topic]],
    [
      'Link headers before the document, which may name others',
      { link: `<${hubUrl}>; rel="hub", <${topic}>; rel="self"` },
      feed([1], { hub: elsewhere, self: 'https://www.example.org/self.xml?error=wrongtag' }),
      [hubUrl, topic],
    ],
    ['both, one link in each', { link: `<${hubUrl}>; rel=hub` }, feed([1], { hub: null }), [hubUrl, topic]],
  ])('S1 takes hub and self from %s', (_what, headers, body, [hub, self]) =>
    withSubscriber(async (desk) => {
      desk.serveFeed(body, headers);
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toMatchObject([{ hub, topic: self }]);
    })());

  it.each<[string, string, string]>([
    ['unquoted', `<${hubUrl}>; rel=hub, <${topic}>; rel=self`, ''],
    ['two relations in one', `<${hubUrl}>; rel="hub"; type="x,y", <${topic}>; rel="alternate self"`, ''],
    ['in capitals', `<${hubUrl}>; REL="HUB", <${topic}>; Rel=Self`, ''],
    ['with more parameters', `<${hubUrl}>; title="a; rel=b"; rel=hub, <${topic}>; type="a/b"; rel="self"`, ''],
    [
      'Atom under another prefix',
      '',
      `<x:link xmlns:x="http://www.w3.org/2005/Atom" rel="hub" href="${hubUrl}"/><x:link xmlns:x="http://www.w3.org/2005/Atom" rel="self" href="${topic}"/>`,
    ],
  ])('S2 reads links that are written %s', (_what, link, inside) =>
    withSubscriber(async (desk) => {
      const body = feed([1], { hub: null, self: null }).replace('<item>', `${inside}<item>`);
      desk.serveFeed(body, link === '' ? {} : { link });
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toMatchObject([{ hub: hubUrl, topic }]);
    })());

  it(
    'S2 resolves relative links against where the document was found, and takes no RSS link for a hub',
    withSubscriber(async (desk) => {
      desk.serveFeed(
        feed([1], { hub: null, self: null }).replace(
          '<item>',
          '<link rel="hub" href="https://no.example.org/"/><item>',
        ),
        {
          link: '</hub>; rel="hub", </self.xml>; rel="self"',
        },
      );
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toMatchObject([
        { hub: `${desk.source.url}/hub`, topic: `${desk.source.url}/self.xml` },
      ]);
    }),
  );

  it(
    'S3 subscribes to the self that was discovered and leaves it under the same name; the source’s address stays',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      expect(desk.hub.last.get('hub.topic')).toBe(topic);
      expect((await desk.intake.report()).url).toBe(`${desk.source.url}/feed`);
      desk.serveFeed(feed([1, 2], { self: 'https://www.example.org/moved.xml' }));
      await desk.poll();
      await desk.runManager();
      const sent = desk.hub.forms.slice(1).map((form) => [form.get('hub.mode'), form.get('hub.topic')]);
      expect(sent.toSorted()).toEqual([
        ['subscribe', 'https://www.example.org/moved.xml'],
        ['unsubscribe', topic],
      ]);
      expect((await desk.intake.report()).url).toBe(`${desk.source.url}/feed`);
    }),
  );

  it(
    'S5 follows a redirect, and subscribes to what the new address calls itself',
    withSubscriber(async (desk) => {
      desk.source.on('/feed', { status: 301, headers: { location: '/new' } });
      const links = { link: `<${hubUrl}>; rel=hub, </new>; rel=self`, 'content-type': 'application/rss+xml' };
      desk.source.on('/new', { headers: links, body: feed([1], { hub: null, self: null }) });
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toMatchObject([{ topic: `${desk.source.url}/new`, state: 'active' }]);
      // A permanent move is taken over once it has proved stable.
      expect((await desk.intake.state()).history.redirectCandidate?.url).toBe(`${desk.source.url}/new`);
    }),
  );

  it(
    'S24 follows a source that gains, changes and loses its hub',
    withSubscriber(async (desk) => {
      desk.serveFeed(feed([1], { hub: null }));
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toEqual([]);
      desk.serveFeed(feed([1, 2]));
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toMatchObject([{ hub: hubUrl, state: 'active' }]);
      desk.serveFeed(feed([1, 2, 3], { hub: `${desk.hub.origin.url}/hub` }));
      await desk.poll();
      await desk.runManager();
      expect(await desk.rows()).toMatchObject([
        { state: 'dropped' },
        { hub: `${desk.hub.origin.url}/hub`, state: 'active' },
      ]);
      desk.serveFeed(feed([1, 2, 3, 4], { hub: null }));
      await desk.poll();
      await desk.runManager();
      expect((await desk.rows()).map(({ state }) => state)).toEqual(['dropped', 'dropped']);
    }),
  );

  it(
    'S24 takes two of several hubs, and those over https first',
    withSubscriber(async (desk) => {
      const names = ['http://a.example.org/', 'ftp://b.example.org/', hubUrl, elsewhere, 'http://c.example.org/'];
      desk.serveFeed(feed([1], { hub: null }), { link: names.map((name) => `<${name}>; rel=hub`).join(', ') });
      await desk.poll();
      await desk.runManager();
      expect((await desk.rows()).map(({ hub }) => hub)).toEqual([hubUrl, elsewhere]);
    }),
  );

  it(
    'S24 leaves the hub when the source is no longer declared',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await declareSources(desk.store, { sources: [] }, desk.intake.nowMs);
      await desk.runManager();
      expect(desk.hub.last.get('hub.mode')).toBe('unsubscribe');
      expect(await desk.row()).toMatchObject({ state: 'dropped' });
    }),
  );
});

describe('asking a hub', () => {
  it(
    'S4 sends a form in UTF-8',
    withSubscriber(async (desk) => {
      const self = 'https://www.example.org/é?a=b&c=d';
      desk.serveFeed(feed([1], { self: self.replace('&', '&amp;') }));
      await desk.poll();
      await desk.runManager();
      const [request] = desk.hub.origin.requests;
      expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded');
      expect(request?.body).toContain('hub.topic=https%3A%2F%2Fwww.example.org%2F%25C3%25A9%3Fa%3Db%26c%3Dd');
      expect(request?.body).toMatch(/^[\x20-\x7e]+$/);
    }),
  );

  it.each([307, 308])('S6 follows %i with the same form, a bounded number of times', (status) =>
    withSubscriber(async (desk) => {
      const { origin } = desk.hub;
      origin.on('/second', (request) => {
        desk.hub.forms.push(new URLSearchParams(request.body));
        return { status, headers: { location: 'https://hub.example.org/third' } };
      });
      origin.on('/third', async (request) => {
        await desk.hub.verify(new URLSearchParams(request.body));
        return { status: 202 };
      });
      desk.hub.verificationMode = 'never';
      desk.hub.respond = () => ({ status, headers: { location: '/second' } });
      await desk.subscribed();
      expect(origin.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /hub',
        'POST /second',
        'POST /third',
      ]);
      expect(new Set(origin.requests.map(({ body }) => body)).size).toBe(1);
      expect(await desk.row()).toMatchObject({ state: 'active' });
    })());

  it(
    'S6 gives up in a circle, and takes a secret nowhere that is not secure',
    withSubscriber(async (desk) => {
      desk.hub.verificationMode = 'never';
      desk.hub.respond = () => ({ status: 307, headers: { location: 'https://hub.example.org/hub' } });
      await desk.subscribed();
      expect(desk.hub.forms).toHaveLength(4);
      expect((await desk.row()).detail).toContain('more than 3 times');
      desk.hub.respond = () => ({ status: 307, headers: { location: `${desk.hub.origin.url}/clear` } });
      await desk.runManager(day);
      expect(desk.hub.origin.to('/clear')).toEqual([]);
      expect((await desk.row()).detail).toContain('not secure');
    }),
  );

  it(
    'S7 gives each subscription a callback of 192 random bits',
    withSubscriber(async (desk) => {
      desk.serveFeed(feed([1], { hub: null }), { link: `<${hubUrl}>; rel=hub, <${hubUrl}?two>; rel=hub` });
      await desk.poll();
      await desk.runManager();
      const callbacks = desk.hub.forms.map((form) => form.get('hub.callback') ?? '');
      for (const callback of callbacks) {
        expect(callback).toMatch(/^https:\/\/news\.example\.com\/websub\/callback\/[\w-]{32}$/);
      }
      expect(new Set(callbacks).size).toBe(2);
    }),
  );

  it(
    'S7 has a new callback for a new hub, and the old one while a lease is renewed',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.runManager(7 * day);
      const [first, renewal] = desk.hub.forms.map((form) => form.get('hub.callback'));
      expect(renewal).toBe(first);
      desk.serveFeed(feed([1, 2], { hub: `${hubUrl}?other` }));
      await desk.poll();
      await desk.runManager();
      const latest = desk.hub.forms.findLast((form) => form.get('hub.mode') === 'subscribe');
      expect(latest?.get('hub.callback')).not.toBe(first);
      expect(latest?.get('hub.callback')?.startsWith(publicUrl)).toBe(true);
    }),
  );

  it(
    'S8 tells a secret of its own to a hub over https, and none over http',
    withSubscriber(async (desk) => {
      desk.serveFeed(feed([1], { hub: null }), { link: `<${hubUrl}>; rel=hub, <${desk.hub.origin.url}/hub>; rel=hub` });
      await desk.poll();
      await desk.runManager();
      const secrets = desk.hub.forms.map((form) => form.get('hub.secret')).toSorted();
      expect(secrets.filter((secret) => secret === null)).toHaveLength(1);
      expect(secrets.find((secret) => secret !== null)).toMatch(/^[0-9a-f]{64}$/);
    }),
  );

  it(
    'S10 can be verified inside its own request: what is pending is written down before',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      expect(desk.hub.lastVerification?.status).toBe(200);
      expect(await desk.row()).toMatchObject({ state: 'active', failures: 0 });
    }),
  );

  it(
    'S11 renews after two thirds of the lease, with pushes in between under the old secret',
    withSubscriber(async (desk) => {
      await desk.subscribed();
      await desk.runManager(6 * day);
      expect(desk.hub.forms).toHaveLength(1);
      desk.hub.verificationMode = 'later';
      await desk.runManager(day);
      expect(desk.hub.forms).toHaveLength(2);
      expect((await desk.pushAndRead([1, 2])).status).toBe(202);
      expect(await desk.titles()).toContain('Story 2');
      await desk.hub.verify(desk.hub.last);
      expect((await desk.row()).lease_until_ms).toBe(desk.intake.nowMs + 10 * day);
      expect((await desk.pushAndRead([1, 2, 3])).status).toBe(202);
    }),
  );

  it.each<[string | null, number]>([
    [null, day],
    ['nonsense', day],
    ['0', day],
    ['3600', hour],
    ['99999999', 14 * day],
  ])('S11 takes a lease of %j for what it is worth', (lease, expectedMs) =>
    withSubscriber(async (desk) => {
      desk.hub.lease = lease;
      await desk.subscribed();
      const row = await desk.row();
      expect(row.lease_until_ms).toBe(desk.intake.nowMs + expectedMs);
      expect(row.next_attempt_ms).toBeLessThan(desk.intake.nowMs + expectedMs * 0.71);
    })());

  it(
    'S11 is back to polling alone six hours after a lease that nobody renewed',
    withSubscriber(async (desk) => {
      desk.hub.lease = String(day / 1000);
      await desk.subscribed();
      await desk.pushAndRead([1, 2]);
      desk.hub.verificationMode = 'never';
      await desk.runManager(day + 5 * hour);
      expect(await desk.row()).toMatchObject({ state: 'active' });
      await desk.runManager(2 * hour);
      expect(await desk.row()).toMatchObject({ trust: 'lost' });
      expect((await desk.row()).state).not.toBe('active');
      desk.hub.verificationMode = 'inside';
      await desk.runManager(day);
      expect(await desk.row()).toMatchObject({ state: 'active' });
    }),
  );

  it(
    'S25 backs off from a hub that fails, up to a day, and says so once',
    withSubscriber(async (desk) => {
      desk.hub.verificationMode = 'never';
      desk.hub.respond = () => ({ status: 500 });
      await desk.subscribed();
      const askedMs = [desk.intake.nowMs];
      for (let passed = 0; passed < 5 * day; passed += 5 * minute) {
        const before = desk.hub.forms.length;
        await desk.runManager(5 * minute);
        if (desk.hub.forms.length > before) askedMs.push(desk.intake.nowMs);
      }
      const gaps = askedMs.slice(1).map((ms, index) => ms - (askedMs[index] ?? 0));
      expect(gaps.length).toBeGreaterThan(4);
      expect(gaps.length).toBeLessThan(10);
      expect(gaps.at(-1)).toBeGreaterThan(20 * hour);
      expect(desk.logged.filter((line) => line.includes('could not be asked'))).toHaveLength(1);
    }),
  );

  it(
    'S25 backs off from a hub that accepts and never verifies',
    withSubscriber(async (desk) => {
      desk.hub.verificationMode = 'never';
      await desk.subscribed();
      for (let passed = 0; passed < day; passed += 10 * minute) await desk.runManager(10 * minute);
      expect(desk.hub.forms.length).toBeLessThan(7);
    }),
  );
});
