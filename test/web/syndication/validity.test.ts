import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import RssParser from 'rss-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from '../../../src/demo/editor.ts';
import { outlets } from '../../../src/demo/outlets.ts';
import { seededRandom } from '../../../src/demo/random.ts';
import { renderFeed } from '../../../src/demo/render-outlet.ts';
import { createWebReads } from '../../../src/server/web-reads.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { normaliseDocument } from '../../../src/worker.ts';
import { createStore } from '../../contract/test-engines.ts';
import { vectors } from '../../fixtures/markup/vectors.ts';
import { aSource, noon } from '../../support/builders.ts';
import { rssDocument } from '../../support/documents.ts';
import { plainOptions } from '../../support/parsed-feed.ts';
import { createStoreFixture, type StoreFixture } from '../../support/store-fixture.ts';
import { faultsOfAtom, faultsOfOpml, faultsOfRss } from '../../support/syndication/feed-rules.ts';
import { faultsOfJson } from '../../support/syndication/json-feed-schema.ts';
import { makeApp } from '../../support/web/test-app.ts';

const folder = fileURLToPath(new URL('../../fixtures/feeds', import.meta.url));
const faultsOf = { rss: faultsOfRss, atom: faultsOfAtom, json: faultsOfJson } as const;
const formats = ['rss', 'atom', 'json'] as const;

let store: Store;
let remove: () => Promise<void>;
let paths: readonly string[] = [];

/** The fields that a client reads from a document, the same for every format. */
interface Found {
  readonly title: string | undefined;
  readonly link: string | undefined;
  readonly isoDate: string | undefined;
}

async function readDocument(fixture: StoreFixture, id: string, body: Uint8Array): Promise<void> {
  const feed = await normaliseDocument({ body, contentType: null, options: plainOptions({ nowMs: noon }) });
  if (feed.kind === 'normalised') await fixture.read(id, feed);
}

function demoDocuments(): readonly (readonly [string, Uint8Array])[] {
  const editor = new Editor(seededRandom(7));
  for (let turn = 0; turn < 150; turn += 1) editor.publishNext(noon - (150 - turn) * 15_000);
  return outlets.map((outlet) => {
    const { body } = renderFeed(outlet, editor.articlesOf(outlet.id), 'http://127.0.0.1:8080');
    return [`demo-${outlet.id}`, Buffer.from(body)] as const;
  });
}

function hostileDocuments(): readonly (readonly [string, Uint8Array])[] {
  const names = readdirSync(folder).filter((name) => !name.endsWith('.expected.json'));
  const files = names.map(
    (name) => [`file-${name.replaceAll('.', '-')}`, readFileSync(path.join(folder, name))] as const,
  );
  const channel = { title: 'Markup <b>&amp; all', link: 'https://feed.example/' };
  const items = vectors.map(({ id, what, html }) => ({
    guid: id,
    title: `${what} ${html}`,
    link: `/${id}?a=|"<${html}`,
    text: html,
  }));
  return [...files, ['markup', Buffer.from(rssDocument(channel, items))]];
}

beforeAll(async () => {
  ({ store, remove } = await createStore());
  const documents = [...demoDocuments(), ...hostileDocuments()];
  const sectionOf = (id: string) => (id.startsWith('demo') ? 'Demo' : 'Hostile');
  const sources = documents.map(([id]) => aSource(id, { title: null, section: sectionOf(id) }));
  const fixture = await createStoreFixture(store, ...sources);
  for (const [id, body] of documents) await readDocument(fixture, id, body);
  paths = ['', '/sections/demo', '/sections/hostile', ...documents.map(([id]) => `/sources/${id}`)];
}, 60_000);
afterAll(() => remove());

/** The app over the store, as after a start of the server. */
function started() {
  return makeApp([], { reads: createWebReads(store), sections: () => ['Demo', 'Hostile'] });
}

/** All pages of a feed, by following `next`. */
async function pagesOf(format: (typeof formats)[number], start: string): Promise<readonly string[]> {
  const { get } = started();
  const pages: string[] = [];
  for (let next: string | null = start; next !== null; ) {
    const text = await (await get(next)).text();
    pages.push(text);
    const found: string | undefined =
      format === 'json'
        ? (JSON.parse(text) as { next_url?: string }).next_url
        : /rel="next"[^>]*href="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    next = found ?? null;
    if (next !== null) expect(next).toMatch(/^https:\/\/news\.example\.com\//);
  }
  return pages;
}

describe('output feeds of all fixtures and demo items', { timeout: 60_000 }, () => {
  it.each(formats)('follow all rules of %s for every part of the stream', async (format) => {
    const faults: string[] = [];
    for (const part of paths) {
      const text = await (await started().get(`${part}/feed.${format}?limit=500`)).text();
      faults.push(...faultsOf[format](text).map((fault) => `${part}: ${fault}`));
    }
    expect(faults).toEqual([]);
  });

  it.each(formats)('contain each item once over all pages of %s', async (format) => {
    const pages = await pagesOf(format, `/feed.${format}?limit=37&source=markup`);
    const ids = pages.flatMap((text) => text.match(/urn:uuid:[0-9a-f-]{36}/g) ?? []);
    const [whole] = await pagesOf(format, `/feed.${format}?limit=500&source=markup`);
    expect(pages.length).toBeGreaterThan(1);
    expect(ids).toEqual(whole?.match(/urn:uuid:[0-9a-f-]{36}/g));
    expect(pages.flatMap((text) => faultsOf[format](text))).toEqual([]);
  });

  it('are parsed by rss-parser to the same items', async () => {
    const { get } = started();
    for (const part of paths) {
      const json = JSON.parse(await (await get(`${part}/feed.json?limit=500`)).text()) as {
        items: readonly { title: string; url: string; date_published: string }[];
      };
      const expected = json.items.map(({ title, url, date_published }): Found => {
        return { title: title.replaceAll('\u200b', ''), link: url, isoDate: date_published };
      });
      for (const format of ['rss', 'atom']) {
        const read = await new RssParser().parseString(await (await get(`${part}/feed.${format}?limit=500`)).text());
        // In RSS an invisible space prevents a title from being parsed as HTML.
        const found = read.items.map(({ title, link, isoDate }): Found => {
          return { title: title?.replaceAll('\u200b', ''), link, isoDate };
        });
        expect(found.map(toSecond), `${part}/feed.${format}`).toEqual(expected.map(toSecond));
      }
    }
  });

  it('have the same bytes and tags after a restart', async () => {
    const tags = async (): Promise<string[]> => {
      const { get } = started();
      return Promise.all(
        paths.flatMap((part) =>
          formats.map(async (format) => (await get(`${part}/feed.${format}`)).headers.get('etag') ?? ''),
        ),
      );
    };
    expect(await tags()).toEqual(await tags());
  });

  it('are in the OPML list, with one outline for each section', async () => {
    const response = await started().get('/opml.xml');
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('text/xml; charset=utf-8');
    expect(faultsOfOpml(text)).toEqual([]);
    expect(text.match(/<outline text="(Demo|Hostile)" title=/g)).toHaveLength(2);
    expect(text.match(/xmlUrl=/g)).toHaveLength(paths.length - 3);
  });
});

/** RSS has no fractions of a second, and xml2js trims texts. */
function toSecond({ title, link, isoDate }: Found): Found {
  return { title: title?.trim(), link, isoDate: isoDate?.replace(/\.\d+Z$/, 'Z') };
}

describe('the rules of the feed validator', () => {
  const item =
    '<item><title>T</title><link>https://example.org/1</link><guid isPermaLink="false">urn:uuid:4b1739da-4895-8957-9f00-9311bb066beb</guid><pubDate>Wed, 14 Jan 2026 19:21:00 GMT</pubDate><description>D</description><source url="https://example.org/rss">S</source></item>';
  const self = '<atom:link rel="self" href="https://example.org/feed.rss"/>';
  const rss = (inside: string): string =>
    `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>https://example.org/</link><description>D</description>${inside}</channel></rss>`;

  it('accept a valid feed', () => {
    expect(faultsOfRss(rss(self + item))).toEqual([]);
  });

  it.each([
    ['two links to self', self + self + item],
    ['no link to self', item],
    ['one id twice', self + item + item],
    ['a relative link', self + item.replace('https://example.org/1', '/1')],
    ['a date in another format', self + item.replace('Wed, 14 Jan 2026 19:21:00 GMT', '2026-01-14T19:21:00Z')],
    ['a date in the past', self + item.replace('2026', '1970')],
    ['a guid that is declared as a URL', self + item.replace(' isPermaLink="false"', '')],
    ['an empty element', self + item.replace('>D<', '><')],
    ['a character that URLs do not allow', self + item.replace('org/1', 'org/1|2')],
  ])('reject %s', (_, inside) => {
    expect(faultsOfRss(rss(inside))).not.toEqual([]);
  });
});
