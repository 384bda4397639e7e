import { describe, expect, it } from 'vitest';
import { declareSources } from '../../../src/store/sources/declare-sources.ts';
import { day, hour, minute } from '../../support/builders.ts';
import { feed, hubUrl, publicUrl, topic, withSubscriber } from '../../support/websub-subscriber-harness.ts';

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
      'Link headers in preference to the document',
      { link: `<${hubUrl}>; rel="hub", <${topic}>; rel="self"` },
      feed([1], { hub: elsewhere, self: 'https://www.example.org/self.xml?error=wrongtag' }),
      [hubUrl, topic],
    ],
    ['both, one link in each', { link: `<${hubUrl}>; rel=hub` }, feed([1], { hub: null }), [hubUrl, topic]],
  ])('S1 reads hub and self URL from %s', (_what, headers, body, [hub, self]) =>
    withSubscriber(async (harness) => {
      harness.serveFeed(body, headers);
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toMatchObject([{ hub, topic: self }]);
    })());

  it.each<[string, string, string]>([
    ['unquoted', `<${hubUrl}>; rel=hub, <${topic}>; rel=self`, ''],
    ['two relations in one', `<${hubUrl}>; rel="hub"; type="x,y", <${topic}>; rel="alternate self"`, ''],
    ['in upper case', `<${hubUrl}>; REL="HUB", <${topic}>; Rel=Self`, ''],
    ['with more parameters', `<${hubUrl}>; title="a; rel=b"; rel=hub, <${topic}>; type="a/b"; rel="self"`, ''],
    [
      'Atom under another prefix',
      '',
      `<x:link xmlns:x="http://www.w3.org/2005/Atom" rel="hub" href="${hubUrl}"/><x:link xmlns:x="http://www.w3.org/2005/Atom" rel="self" href="${topic}"/>`,
    ],
  ])('S2 parses links that are written as %s', (_what, link, inside) =>
    withSubscriber(async (harness) => {
      const body = feed([1], { hub: null, self: null }).replace('<item>', `${inside}<item>`);
      harness.serveFeed(body, link === '' ? {} : { link });
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toMatchObject([{ hub: hubUrl, topic }]);
    })());

  it(
    'S2 resolves relative links against the URL of the document, and ignores RSS links with rel=hub',
    withSubscriber(async (harness) => {
      harness.serveFeed(
        feed([1], { hub: null, self: null }).replace(
          '<item>',
          '<link rel="hub" href="https://no.example.org/"/><item>',
        ),
        {
          link: '</hub>; rel="hub", </self.xml>; rel="self"',
        },
      );
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toMatchObject([
        { hub: `${harness.source.url}/hub`, topic: `${harness.source.url}/self.xml` },
      ]);
    }),
  );

  it(
    'S3 subscribes to and unsubscribes from the discovered self URL, and keeps polling the declared URL',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      expect(harness.hub.last.get('hub.topic')).toBe(topic);
      expect((await harness.polling.report()).url).toBe(`${harness.source.url}/feed`);
      harness.serveFeed(feed([1, 2], { self: 'https://www.example.org/moved.xml' }));
      await harness.poll();
      await harness.runManager();
      const sent = harness.hub.forms.slice(1).map((form) => [form.get('hub.mode'), form.get('hub.topic')]);
      expect(sent.toSorted()).toEqual([
        ['subscribe', 'https://www.example.org/moved.xml'],
        ['unsubscribe', topic],
      ]);
      expect((await harness.polling.report()).url).toBe(`${harness.source.url}/feed`);
    }),
  );

  it(
    'S5 follows a redirect and subscribes to the self URL of its target',
    withSubscriber(async (harness) => {
      harness.source.on('/feed', { status: 301, headers: { location: '/new' } });
      const links = { link: `<${hubUrl}>; rel=hub, </new>; rel=self`, 'content-type': 'application/rss+xml' };
      harness.source.on('/new', { headers: links, body: feed([1], { hub: null, self: null }) });
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toMatchObject([{ topic: `${harness.source.url}/new`, state: 'active' }]);
      // A permanent redirect is adopted after it was stable for two days.
      expect((await harness.polling.state()).history.redirectCandidate?.url).toBe(`${harness.source.url}/new`);
    }),
  );

  it(
    'S24 follows a source that gains, changes and loses its hub',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1], { hub: null }));
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toEqual([]);
      harness.serveFeed(feed([1, 2]));
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toMatchObject([{ hub: hubUrl, state: 'active' }]);
      harness.serveFeed(feed([1, 2, 3], { hub: `${harness.hub.origin.url}/hub` }));
      await harness.poll();
      await harness.runManager();
      expect(await harness.rows()).toMatchObject([
        { state: 'unsubscribed' },
        { hub: `${harness.hub.origin.url}/hub`, state: 'active' },
      ]);
      harness.serveFeed(feed([1, 2, 3, 4], { hub: null }));
      await harness.poll();
      await harness.runManager();
      expect((await harness.rows()).map(({ state }) => state)).toEqual(['unsubscribed', 'unsubscribed']);
    }),
  );

  it(
    'S24 subscribes to two of several hubs, https ones first',
    withSubscriber(async (harness) => {
      const names = ['http://a.example.org/', 'ftp://b.example.org/', hubUrl, elsewhere, 'http://c.example.org/'];
      harness.serveFeed(feed([1], { hub: null }), { link: names.map((name) => `<${name}>; rel=hub`).join(', ') });
      await harness.poll();
      await harness.runManager();
      expect((await harness.rows()).map(({ hub }) => hub)).toEqual([hubUrl, elsewhere]);
    }),
  );

  it(
    'S24 unsubscribes when the source is no longer declared',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await declareSources(harness.store, { sources: [] }, harness.polling.nowMs);
      await harness.runManager();
      expect(harness.hub.last.get('hub.mode')).toBe('unsubscribe');
      expect(await harness.row()).toMatchObject({ state: 'unsubscribed' });
    }),
  );
});

describe('a subscription request to a remote hub', () => {
  it(
    'S4 sends a form in UTF-8',
    withSubscriber(async (harness) => {
      const self = 'https://www.example.org/é?a=b&c=d';
      harness.serveFeed(feed([1], { self: self.replace('&', '&amp;') }));
      await harness.poll();
      await harness.runManager();
      const [request] = harness.hub.origin.requests;
      expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded');
      expect(request?.body).toContain('hub.topic=https%3A%2F%2Fwww.example.org%2F%25C3%25A9%3Fa%3Db%26c%3Dd');
      expect(request?.body).toMatch(/^[\x20-\x7e]+$/);
    }),
  );

  it.each([307, 308])('S6 follows a %i with the same form a limited number of times', (status) =>
    withSubscriber(async (harness) => {
      const { origin } = harness.hub;
      origin.on('/second', (request) => {
        harness.hub.forms.push(new URLSearchParams(request.body));
        return { status, headers: { location: 'https://hub.example.org/third' } };
      });
      origin.on('/third', async (request) => {
        await harness.hub.verify(new URLSearchParams(request.body));
        return { status: 202 };
      });
      harness.hub.verificationMode = 'never';
      harness.hub.respond = () => ({ status, headers: { location: '/second' } });
      await harness.subscribed();
      expect(origin.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /hub',
        'POST /second',
        'POST /third',
      ]);
      expect(new Set(origin.requests.map(({ body }) => body)).size).toBe(1);
      expect(await harness.row()).toMatchObject({ state: 'active' });
    })());

  it(
    'S6 gives up after a redirect loop, and sends no secret to an http target',
    withSubscriber(async (harness) => {
      harness.hub.verificationMode = 'never';
      harness.hub.respond = () => ({ status: 307, headers: { location: 'https://hub.example.org/hub' } });
      await harness.subscribed();
      expect(harness.hub.forms).toHaveLength(4);
      expect((await harness.row()).detail).toContain('more than 3 times');
      harness.hub.respond = () => ({ status: 307, headers: { location: `${harness.hub.origin.url}/clear` } });
      await harness.runManager(day);
      expect(harness.hub.origin.to('/clear')).toEqual([]);
      expect((await harness.row()).detail).toContain('not https');
    }),
  );

  it(
    'S7 gives each subscription a callback of 192 random bits',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1], { hub: null }), { link: `<${hubUrl}>; rel=hub, <${hubUrl}?two>; rel=hub` });
      await harness.poll();
      await harness.runManager();
      const callbacks = harness.hub.forms.map((form) => form.get('hub.callback') ?? '');
      for (const callback of callbacks) {
        expect(callback).toMatch(/^https:\/\/news\.example\.com\/websub\/callback\/[\w-]{32}$/);
      }
      expect(new Set(callbacks).size).toBe(2);
    }),
  );

  it(
    'S7 uses a new callback for a new hub and the same one for a renewal',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.runManager(7 * day);
      const [first, renewal] = harness.hub.forms.map((form) => form.get('hub.callback'));
      expect(renewal).toBe(first);
      harness.serveFeed(feed([1, 2], { hub: `${hubUrl}?other` }));
      await harness.poll();
      await harness.runManager();
      const latest = harness.hub.forms.findLast((form) => form.get('hub.mode') === 'subscribe');
      expect(latest?.get('hub.callback')).not.toBe(first);
      expect(latest?.get('hub.callback')?.startsWith(publicUrl)).toBe(true);
    }),
  );

  it(
    'S8 sends a secret to an https hub and none to an http hub',
    withSubscriber(async (harness) => {
      harness.serveFeed(feed([1], { hub: null }), {
        link: `<${hubUrl}>; rel=hub, <${harness.hub.origin.url}/hub>; rel=hub`,
      });
      await harness.poll();
      await harness.runManager();
      const secrets = harness.hub.forms.map((form) => form.get('hub.secret')).toSorted();
      expect(secrets.filter((secret) => secret === null)).toHaveLength(1);
      expect(secrets.find((secret) => secret !== null)).toMatch(/^[0-9a-f]{64}$/);
    }),
  );

  it(
    'S10 stores a pending request before it is sent, so that the hub may verify at once',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      expect(harness.hub.lastVerification?.status).toBe(200);
      expect(await harness.row()).toMatchObject({ state: 'active', failures: 0 });
    }),
  );

  it(
    'S11 renews after two thirds of the lease and accepts pushes with the secret meanwhile',
    withSubscriber(async (harness) => {
      await harness.subscribed();
      await harness.runManager(6 * day);
      expect(harness.hub.forms).toHaveLength(1);
      harness.hub.verificationMode = 'later';
      await harness.runManager(day);
      expect(harness.hub.forms).toHaveLength(2);
      expect((await harness.pushAndRead([1, 2])).status).toBe(202);
      expect(await harness.titles()).toContain('Story 2');
      await harness.hub.verify(harness.hub.last);
      expect((await harness.row()).lease_until_ms).toBe(harness.polling.nowMs + 10 * day);
      expect((await harness.pushAndRead([1, 2, 3])).status).toBe(202);
    }),
  );

  it.each<[string | null, number]>([
    [null, day],
    ['nonsense', day],
    ['0', day],
    ['3600', hour],
    ['99999999', 14 * day],
  ])('S11 limits a granted lease of %j', (lease, expectedMs) =>
    withSubscriber(async (harness) => {
      harness.hub.lease = lease;
      await harness.subscribed();
      const row = await harness.row();
      expect(row.lease_until_ms).toBe(harness.polling.nowMs + expectedMs);
      expect(row.next_attempt_ms).toBeLessThan(harness.polling.nowMs + expectedMs * 0.71);
    })());

  it(
    'S11 distrusts a hub six hours after a lease that was not renewed',
    withSubscriber(async (harness) => {
      harness.hub.lease = String(day / 1000);
      await harness.subscribed();
      await harness.pushAndRead([1, 2]);
      harness.hub.verificationMode = 'never';
      await harness.runManager(day + 5 * hour);
      expect(await harness.row()).toMatchObject({ state: 'active' });
      await harness.runManager(2 * hour);
      expect(await harness.row()).toMatchObject({ trust: 'lost' });
      expect((await harness.row()).state).not.toBe('active');
      harness.hub.verificationMode = 'before-response';
      await harness.runManager(day);
      expect(await harness.row()).toMatchObject({ state: 'active' });
    }),
  );

  it(
    'S25 backs off from a failing hub up to a day with one log line',
    withSubscriber(async (harness) => {
      harness.hub.verificationMode = 'never';
      harness.hub.respond = () => ({ status: 500 });
      await harness.subscribed();
      const askedMs = [harness.polling.nowMs];
      for (let passed = 0; passed < 5 * day; passed += 5 * minute) {
        const before = harness.hub.forms.length;
        await harness.runManager(5 * minute);
        if (harness.hub.forms.length > before) askedMs.push(harness.polling.nowMs);
      }
      const gaps = askedMs.slice(1).map((ms, index) => ms - (askedMs[index] ?? 0));
      expect(gaps.length).toBeGreaterThan(4);
      expect(gaps.length).toBeLessThan(10);
      expect(gaps.at(-1)).toBeGreaterThan(20 * hour);
      expect(harness.logged.filter((line) => line.includes('subscription request to a hub failed'))).toHaveLength(1);
    }),
  );

  it(
    'S25 backs off from a hub that accepts and never verifies',
    withSubscriber(async (harness) => {
      harness.hub.verificationMode = 'never';
      await harness.subscribed();
      for (let passed = 0; passed < day; passed += 10 * minute) await harness.runManager(10 * minute);
      expect(harness.hub.forms.length).toBeLessThan(7);
    }),
  );
});
