import { describe, expect, it } from 'vitest';
import { checkSources } from '../../../src/cli/doctor/check-sources.ts';
import { createFetcher } from '../../../src/fetch/fetch-source.ts';
import { aSource } from '../../support/builders.ts';
import { rssDocument } from '../../support/documents.ts';
import { startOrigin } from '../../support/origin.ts';
import { useCleanups } from '../../support/use-cleanups.ts';
import { site } from '../../support/web/test-app.ts';
import { processorHere } from '../documents-here.ts';
import { clock } from '../inspect/harness.ts';

const cleanups = useCleanups();

async function anOrigin() {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  return origin;
}

const feed = rssDocument({ title: 'A', link: 'https://www.example.org/' }, [
  { guid: '1', title: 'One', link: 'https://www.example.org/1', text: 'x' },
  { guid: '2', title: 'Two', link: 'https://www.example.org/2', text: 'x' },
]);

async function check(urls: readonly string[], hidden: Parameters<typeof aSource>[1] = {}) {
  const fetcher = createFetcher({ clock, userAgent: 'x', feedsDir: '/nowhere', allowPrivateNetworks: ['127.0.0.1'] });
  const sources = urls.map((url, index) => aSource(`s${index}`, { url, ...hidden }));
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  const parts = { fetcher, processor: processorHere(), clock, terminal: null, wait };
  try {
    const findings = await checkSources(
      { site, sections: [], sources, webhooks: [], lists: [], alerts: [], warnings: [] },
      parts,
    );
    return { waits, lines: findings.map(({ status, detail }) => `${status} ${detail}`), findings };
  } finally {
    await fetcher.close();
  }
}

describe('checkSources', () => {
  it('reads each source once, in the order of the declarations', async () => {
    const origin = await anOrigin();
    origin.on('/good', { body: feed }).on('/page', { body: '<html><p>Hello</p></html>' });
    origin.on('/busy', { status: 429 }).on('/gone', { status: 410 });
    origin.on('/moved', { status: 301, headers: { location: '/good' } });
    const paths = ['/good', '/none', '/page', '/busy', '/gone', '/moved'];
    const { lines, findings } = await check(paths.map((at) => `${origin.url}${at}`));
    expect(lines).toEqual([
      'ok s0: 2 items',
      expect.stringMatching(/^error s1: not_found: HTTP 404/),
      expect.stringMatching(/^error s2: not_feed: /),
      'warning s3: the publisher asks to retry later',
      'error s4: the publisher has removed the feed (HTTP 410)',
      `warning s5: 2 items; moved to ${origin.url}/good`,
    ]);
    expect(findings[1]?.remedy).toBe('Correct the url of the source if the error persists');
    expect(origin.to('/none')).toHaveLength(1);
  });

  it('requests one host one at a time, with the declared pause between two requests', async () => {
    const origin = await anOrigin();
    let running = 0;
    let most = 0;
    origin.on('/feed', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return { body: feed };
    });
    const { lines, waits } = await check(Array.from({ length: 4 }, () => `${origin.url}/feed`));
    expect(lines).toHaveLength(4);
    expect(most).toBe(1);
    expect(waits.slice(0, 3)).toEqual([1000, 1000, 1000]);
  });

  it('masks the secrets of a URL', async () => {
    const origin = await anOrigin();
    origin.on('/feed', { status: 301, headers: { location: '/new?token=s3cret-token' } }).on('/new', { body: feed });
    const hidden = { url: `${origin.url}/feed?token=***`, secrets: ['s3cret-token'] };
    const { lines } = await check([`${origin.url}/feed?token=s3cret-token`], { hidden });
    expect(lines).toEqual([`warning s0: 2 items; moved to ${origin.url}/new?token=***`]);
  });
});
