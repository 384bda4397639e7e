import path from 'node:path';
import Database from 'better-sqlite3';
import { Parser } from 'htmlparser2';
import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { startOrigin } from '../support/origin.ts';
import { type Home, makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const paragraph =
  'The committee met for the third time this month and did not come to a decision. Its members say that they need the ' +
  'figures of the autumn before they can tell whether the plan holds, and that nobody should expect them before the ' +
  'new year. Observers had hoped for more.';
const paragraphs = Array.from({ length: 12 }, (_, index) => `Part ${index + 1}. ${paragraph}`);

/** The elements of a page with their text, whitespace collapsed. */
function readPage(html: string) {
  const found: { name: string; attributes: Record<string, string>; text: string; place: number }[] = [];
  const open: (typeof found)[number][] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      const element = { name, attributes, text: '', place: found.length };
      found.push(element);
      open.push(element);
    },
    ontext(text) {
      for (const element of open) element.text += text;
    },
    onclosetag() {
      const element = open.pop();
      if (element !== undefined) element.text = element.text.replace(/\s+/g, ' ').trim();
    },
  });
  parser.write(html);
  parser.end();
  const byClass = (name: string) => found.find(({ attributes }) => attributes['class']?.split(' ').includes(name));
  const byName = (name: string) => found.filter((element) => element.name === name);
  return { found, byClass, byName };
}

function setReads(home: Home, reads: number): void {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  database
    .prepare('insert into item_count (item_id, reads) values (1, ?) on conflict do update set reads = excluded.reads')
    .run(reads);
  database.close();
}

describe('an item page of a running server', () => {
  it('shows its eleven parts in the specified order', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const entry = {
      guid: 'p1',
      title: 'A plan waits for its figures',
      link: 'https://www.example.org/plan',
      date: new Date(Date.UTC(2022, 10, 25, 12, 40)),
      author: 'Ann Example',
      text: paragraphs.map((text) => `<p>${text}</p>`).join(''),
    };
    const channel = { title: 'Example Review', link: 'https://www.example.org/' };
    origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, [entry]) });
    const home = makeHome(
      `sections: [World, Analytics]\nsources:\n  - { url: "${origin.url}/rss.xml", id: review, section: Analytics }\n`,
    );
    cleanups.push(() => home.remove());
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    const html = await until('the item has a page', async () => {
      const response = await fetch(`${server.url}/items/1`);
      return response.status === 200 ? response.text() : null;
    });
    setReads(home, 676);
    const counted = await (await fetch(`${server.url}/items/1`)).text();
    expect(html).toContain('Read: <span class="read-count">0</span>');

    const { byClass, byName, found } = readPage(counted);
    const section = byClass('kicker');
    expect(section?.text).toBe('Analytics');
    const [headline] = byName('h1');
    expect(headline?.text).toBe('A plan waits for its figures');
    const dateline = found.find(({ name, text }) => name === 'time' && text === '25.11.22 12:40');
    expect(dateline?.attributes['datetime']).toBe('2022-11-25T12:40:00.000Z');
    const text = byClass('item-text');
    for (const one of paragraphs) expect(text?.text).toContain(one);
    expect(counted.match(/<p>Part \d+\./g)).toHaveLength(paragraphs.length);
    const byline = byClass('byline');
    expect(byline?.text).toBe('By Ann Example, Example Review');
    const reads = byClass('item-counts');
    expect(reads?.text).toBe('Read: 676 Write comment');
    const form = byClass('comment-form');
    expect(form?.attributes).toMatchObject({ method: 'post', action: '/items/1/comments#write-comment' });
    const notice = byClass('comment-notice');
    expect(notice?.text).toBe(
      'Readers are asked to avoid religious, racial and national discrimination, offensive and derogatory expressions and appeals contrary to law.',
    );
    const limit = byClass('comment-remaining');
    expect(limit?.text).toBe('512 characters at most');
    const send = byName('button').find((button) => button.text === 'Send');
    const newsFeed = byClass('news-feed');
    expect(newsFeed?.text).toContain('News feed');
    expect(newsFeed?.text).toContain('A plan waits for its figures');

    const order = [section, headline, dateline, text, byline, reads, form, notice, limit, send, newsFeed];
    const places = order.map((element) => element?.place ?? -1);
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});
