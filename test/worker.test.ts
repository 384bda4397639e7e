import { describe, expect, it } from 'vitest';
import runTask, { describeDocument, normaliseDocument } from '../src/worker.ts';
import { rssDocument } from './support/documents.ts';
import { plainOptions } from './support/parsed-feed.ts';

const channel = { title: 'A feed', link: 'https://site.example/' };

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('normaliseDocument', () => {
  it('returns the drafts of a document', async () => {
    const body = bytes(
      rssDocument(channel, [
        {
          guid: '1',
          title: 'One & only',
          link: 'https://site.example/1',
          date: new Date(Date.UTC(2026, 2, 9)),
          text: '<p>Hi<script>x</script></p>',
        },
      ]),
    );
    const normalised = await normaliseDocument({ body, contentType: 'application/rss+xml', options: plainOptions() });
    expect(normalised).toMatchObject({
      kind: 'normalised',
      format: 'rss2',
      feedTitle: 'A feed',
      drafts: [{ guid: '1', title: 'One & only', contentHtml: '<p>Hi</p>', publishedMs: Date.UTC(2026, 2, 9) }],
    });
  });

  it('returns no draft of a known entry with the same content hash', async () => {
    const body = bytes(rssDocument(channel, [{ guid: '1', title: 'One', text: 'Text' }]));
    const task = { body, contentType: null, options: plainOptions() };
    const first = await normaliseDocument(task);
    if (first.kind !== 'normalised') throw new Error(first.detail);
    const known = Object.fromEntries(first.drafts.map((draft) => [draft.entryKey, draft.contentHash]));
    const second = await normaliseDocument({ ...task, options: plainOptions({ known }) });
    expect(second).toMatchObject({ drafts: [], unchanged: Object.keys(known) });
  });

  it('returns the reason why a document is unreadable', async () => {
    const read = (text: string): Promise<object> =>
      normaliseDocument({ body: bytes(text), contentType: null, options: plainOptions() });
    expect(await read('')).toMatchObject({ kind: 'unreadable', failure: 'empty' });
    expect(await read('<!doctype html><title>Parked</title><p>x')).toMatchObject({
      kind: 'unreadable',
      failure: 'not_feed',
    });
  });
});

describe('normaliseDocument of an unusual document', () => {
  const read = async (text: string) => {
    const normalised = await normaliseDocument({ body: bytes(text), contentType: null, options: plainOptions() });
    if (normalised.kind !== 'normalised') throw new Error(normalised.detail);
    return normalised;
  };
  const img = `<img alt="" src="data:image/png;base64,${'iVBORw0KGgo'.repeat(140_000)}"/>`;
  const story = '<p>The text behind the picture.</p>';
  const atom = (content: string) =>
    `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><id>x</id><entry><id>1</id>${content}</entry></feed>`;

  it.each([
    [
      'CDATA',
      `<rss version="2.0"><channel><item><description><![CDATA[${img}${story}]]></description></item></channel></rss>`,
    ],
    ['references', rssDocument(channel, [{ guid: '1', title: 'One', text: img + story }])],
    ['XHTML', atom(`<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">${img}${story}</div></content>`)],
    [
      'JSON',
      JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', items: [{ id: '1', content_html: img + story }] }),
    ],
  ])('keeps the text after an embedded image of 1.5 MB in %s', async (_, text) => {
    const { drafts, notes } = await read(text);
    expect(drafts[0]?.contentHtml).toContain(story);
    expect(notes).toEqual([]);
  });

  it.each([2_000, 12_000])('keeps the newest of %i entries in ascending order', async (count) => {
    const entries = Array.from({ length: count }, (_, n) => ({
      guid: String(n),
      title: `Title ${n}`,
      link: `https://site.example/${n}`,
      date: new Date(Date.UTC(2026, 1, 1) + n * 60_000),
    }));
    const { drafts } = await read(rssDocument(channel, entries));
    expect(drafts).toHaveLength(500);
    expect(drafts.at(-1)?.title).toBe(`Title ${count - 1}`);
    expect(drafts[0]?.title).toBe(`Title ${count - 500}`);
  });
});

describe('describeDocument', () => {
  const task = (text: string) => ({ body: bytes(text), contentType: null, url: 'https://site.example/rss.xml' });

  it("returns the feed's fields and entries as the publisher wrote them", async () => {
    const text = rssDocument(channel, [{ guid: '1', title: 'One', link: '/1' }, { title: 'One' }]);
    expect(await describeDocument(task(text))).toMatchObject({
      kind: 'described',
      format: 'rss2',
      title: 'A feed',
      entries: [
        { id: '1', title: 'One', link: 'https://site.example/1' },
        { id: null, title: 'One' },
      ],
    });
  });

  it('returns the reason why a document is unreadable', async () => {
    expect(await describeDocument(task(''))).toMatchObject({ kind: 'unreadable', failure: 'empty' });
  });
});

describe('the task of a worker process', () => {
  it('normalises, describes, discovers or sanitises, by its kind', async () => {
    const body = bytes(rssDocument(channel, [{ guid: '1', title: 'One' }]));
    const document = { body, contentType: null };
    expect(await runTask({ kind: 'normalise', ...document, options: plainOptions() })).toMatchObject({
      kind: 'normalised',
    });
    expect(await runTask({ kind: 'describe', ...document, url: '' })).toMatchObject({ kind: 'described' });
    expect(await runTask({ kind: 'discover', ...document, url: '' })).toMatchObject({ kind: 'page' });
    expect(await runTask({ kind: 'clean', html: '<b>x<iframe>' })).toEqual({ kind: 'cleaned', html: '<b>x</b>' });
  });
});
