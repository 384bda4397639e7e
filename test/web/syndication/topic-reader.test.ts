import { describe, expect, it } from 'vitest';
import type { AppContext } from '../../../src/web/shared/app-context.ts';
import { createTopicReader } from '../../../src/web/syndication/feed-routes.ts';
import { anItem } from '../../support/builders.ts';
import { FakeReadPort, makeApp, makeContext } from '../../support/web/test-app.ts';

const base = 'https://news.example.com';
const hubUrl = (): string => `${base}/websub/hub`;

function reading(over: Partial<AppContext> = {}) {
  const reads = new FakeReadPort([anItem(1), anItem(2)]);
  return { reads, read: createTopicReader({ ...makeContext(reads), hubUrl, ...over }) };
}

describe('the document of a topic', () => {
  it.each([
    '/feed.rss',
    '/feed.atom',
    '/feed.json',
    '/sections/world/feed.atom',
    '/sources/example/feed.rss',
  ])('equals a GET of %s: the bytes, the media type and the links', async (path) => {
    const { get } = makeApp([anItem(1), anItem(2)], { hubUrl });
    const served = await get(path);
    const document = await reading().read(base + path);
    expect(Buffer.from(document?.body ?? []).toString()).toBe(await served.text());
    expect(document?.contentType).toBe(served.headers.get('content-type'));
    expect(document?.link).toBe(served.headers.get('link'));
    expect(document?.self).toBe(base + path);
  });

  it('has a different tag if and only if it has different bytes', async () => {
    const { reads, read } = reading();
    const tag = async (): Promise<string | undefined> => (await read(`${base}/feed.atom`))?.tag;
    const before = await tag();
    reads.changedMs = (reads.changedMs ?? 0) + 1000;
    expect(await tag()).toBe(before);
    reads.list = [...reads.list, anItem(3)];
    expect(await tag()).not.toBe(before);
  });

  it('is null when the feed does not exist', async () => {
    const { read } = reading();
    expect(await read(`${base}/sections/nope/feed.atom`)).toBeNull();
    expect(await read(`${base}/sources/nope/feed.atom`)).toBeNull();
    expect(await read('https://other.example.org/feed.atom')).toBeNull();
  });

  it('has the canonical name of a section for every spelling', async () => {
    const document = await reading().read(`${base}/sections/WORLD/feed.atom`);
    expect(document?.self).toBe(`${base}/sections/world/feed.atom`);
  });

  it('rejects when the feed cannot be rendered', async () => {
    const { reads, read } = reading();
    reads.fault = new Error('no database');
    await expect(read(`${base}/feed.atom`)).rejects.toThrow('no database');
  });
});
