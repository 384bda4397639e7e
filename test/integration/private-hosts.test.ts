import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { echoChallenge } from '../support/websub-hub-harness.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function anOrigin(host = '127.0.0.1'): Promise<Origin> {
  const origin = await startOrigin({ host });
  cleanups.push(() => origin.close());
  return origin;
}

/** A feed with entries of these numbers, which names a hub and an archive. */
function feed(numbers: readonly number[], named: { readonly hub: string; readonly archive: string }): string {
  const entries = numbers.map((n) => ({ guid: `n-${n}`, title: `News ${n}`, link: `https://www.example.org/${n}` }));
  const links = `<atom:link rel="hub" href="${named.hub}"/><atom:link rel="prev-archive" href="${named.archive}"/>`;
  return rssDocument({ title: 'News', link: 'https://www.example.org/' }, entries)
    .replace('<rss ', '<rss xmlns:atom="http://www.w3.org/2005/Atom" ')
    .replace('<channel>', `<channel>${links}`);
}

describe('a server that may read feeds in a private network', () => {
  it('does not connect to other hosts of that network named by documents, redirects and subscribers', async () => {
    const declared = await anOrigin();
    const inside = await anOrigin();
    const open = await anOrigin('127.0.0.2');
    open.on('/cb', (request) => (request.method === 'GET' ? echoChallenge(request) : { status: 204 }));
    const named = { hub: `${inside.url}/hub`, archive: `${inside.url}/archive` };
    const headers = { 'content-type': 'application/rss+xml' };
    declared.on('/feed', { headers, body: feed([1, 2, 3], named) });
    declared.on('/moved', { status: 302, headers: { location: `${inside.url}/secret` } });
    declared.on('/kept', { status: 302, headers: { location: '/here' } });
    declared.on('/here', { headers, body: feed([50], named) });
    const sources = ['feed', 'moved', 'kept'].map((id) => `  - { url: "${declared.url}/${id}", id: ${id} }\n`).join('');
    const home = makeHome(`site:\n  politeness: { hostGap: 0s }\nsources:\n${sources}`);
    cleanups.push(() => home.remove());
    // PUBLIC_URL names the port before the server has it.
    const probe = await startOrigin();
    await probe.close();
    const url = `http://127.0.0.1:${probe.port}`;
    const server = await startServer(home, {
      ...{ PORT: String(probe.port), PUBLIC_URL: url },
      ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
      ALLOW_PRIVATE_NETWORKS_FOR_ALL: '127.0.0.2',
    });
    cleanups.push(() => server.end('SIGKILL'));

    const page = (text: string) =>
      until(text, async () => ((await (await fetch(`${url}/feed.json`)).text()).includes(text) ? true : null));
    await page('News 1');
    await page('News 50');
    await until(
      'an answer about the hub',
      () => server.output().includes('a subscription request to a hub failed') || null,
    );
    await until('the end of the redirect', () => server.output().includes('"source":"moved"') || null);

    // No entry is known, so that the archive would be read.
    declared.on('/feed', { headers, body: feed([11, 12, 13], named) });
    await makeDue(home, 'feed');
    await page('News 11');

    for (const callback of [`${inside.url}/cb`, `${open.url}/cb`]) {
      const form = { 'hub.mode': 'subscribe', 'hub.topic': `${url}/feed.atom`, 'hub.callback': callback };
      expect((await fetch(`${url}/websub/hub`, { method: 'POST', body: new URLSearchParams(form) })).status).toBe(202);
    }
    await until('the callback of the open network', () => open.to('/cb')[0]);
    expect(inside.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([]);
    expect(inside.connections).toBe(0);
  });
});
