import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import { readEvents } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { engines } from '../contract/test-engines.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { PollingFixture } from '../support/polling-fixture.ts';
import { hour, minute, noon } from '../support/store-fixture.ts';

const link = 'https://herald.example.org/story';

const storm: Entry = {
  guid: `${link}#0`,
  link,
  title: 'Storm hits the coast',
  text: 'Trees have fallen.',
  date: new Date(noon - hour),
};

/** Another entry, which stays as it is. */
function other(n: number): Entry {
  const address = `https://herald.example.org/${n}`;
  return { guid: address, link: address, title: `Story ${n}`, text: `Text ${n}.`, date: new Date(noon - n * hour) };
}

const others = [other(2), other(3), other(4)];

function titleIn(body: string): string {
  return (JSON.parse(body) as { title: string }).title;
}

describe.each(engines)('polls of a source that edits its entries, on $name', (engine) => {
  let origin: Origin;
  let store: Store;
  const closes: (() => unknown)[] = [];

  beforeEach(async () => {
    const place = await engine.copy();
    origin = await startOrigin();
    store = await openStore({ url: place.url, poller: true });
    closes.push(
      () => origin.close(),
      () => store.close(),
      () => place.remove(),
    );
  });

  afterEach(async () => {
    for (const close of closes.splice(0)) await close();
  });

  /** Polls once for each document, and gives what the log says after the first, and the items that there are. */
  async function poll(documents: readonly (readonly Entry[])[], asXml = (xml: string, _poll: number) => xml) {
    const channel = { title: 'Herald', link: 'https://herald.example.org/' };
    const replies = documents.map((entries, index) => ({ body: asXml(rssDocument(channel, entries), index) }));
    origin.on('/feed', ...replies);
    const desk = await new PollingFixture(store, `${origin.url}/feed`).declare();
    closes.unshift(() => desk.close());
    await desk.poll();
    const first = (await readEvents(store.reader, 0, 1000)).length;
    for (const _ of documents.slice(1)) await desk.poll();
    const events = (await readEvents(store.reader, 0, 1000)).slice(first);
    const items = await desk.items();
    return {
      log: events.map(({ op, body, changed }) => `${op} ${titleIn(body)} (${changed.join(', ')})`),
      titles: items.map(({ title }) => title).sort(),
      dates: items.map(({ publishedMs, updatedMs }) => ({ publishedMs, updatedMs })),
    };
  }

  it('takes an entry whose guid counts its edits for one item, and its edit for an update', async () => {
    const edited = { ...storm, guid: `${link}#1`, text: 'Trees have fallen. Two people are hurt.' };
    const { log, titles } = await poll([
      [storm, ...others],
      [edited, ...others],
      [edited, ...others],
    ]);
    expect(titles).toEqual(['Storm hits the coast', 'Story 2', 'Story 3', 'Story 4']);
    expect(log).toEqual([expect.stringContaining('update Storm hits the coast')]);
  });

  it('takes an entry whose title is corrected along with its guid for one item', async () => {
    const edited = { ...storm, guid: `${link}#1`, title: 'Storm hits the coast: two injured' };
    const { log } = await poll([
      [storm, ...others],
      [edited, ...others],
    ]);
    expect(log).toEqual(['update Storm hits the coast: two injured (title)']);
  });

  it('writes nothing when guids become https one by one, and remembers the new guids', async () => {
    const secure = (entry: Entry) => ({ ...entry, guid: `${entry.guid}?https` });
    const documents = [0, 1, 2, 3].map((count) => others.map((one, index) => (index < count ? secure(one) : one)));
    const { log, titles } = await poll([...documents, others.map(secure)]);
    expect(titles).toHaveLength(3);
    expect(log).toEqual([]);
    const guids = await store.reader.selectFrom('appearance').select('guid').execute();
    expect(guids.every(({ guid }) => guid?.endsWith('?https'))).toBe(true);
  });

  it('writes nothing for an entry that has a new guid at each poll', async () => {
    const documents = Array.from({ length: 6 }, (_, index) => [{ ...storm, guid: `made-at-${index}` }, ...others]);
    const { log, titles } = await poll(documents);
    expect(titles).toHaveLength(4);
    expect(log).toEqual([]);
  });

  it('has an article once that a document holds under two guids, before and after the second comes', async () => {
    const edited = { ...storm, guid: `${link}#1`, text: 'Two people are hurt.', date: new Date(noon - hour / 2) };
    const { log, titles } = await poll([
      [storm, ...others],
      [edited, storm, ...others],
      [storm, edited, ...others],
    ]);
    expect(titles).toHaveLength(4);
    expect(log).toEqual([expect.stringContaining('update Storm hits the coast')]);
  });

  it('keeps the entries of a live blog apart, in one document and from poll to poll', async () => {
    const entry = (n: number, title: string) => ({ ...storm, guid: `live-${n}`, title });
    const [first, second, third] = [
      entry(1, 'The polls have closed'),
      entry(2, 'First results from the north'),
      entry(3, 'The minister concedes'),
    ];
    const { titles } = await poll([
      [first, ...others],
      [second, ...others],
      [third, second, ...others],
    ]);
    expect(titles).toEqual([first.title, second.title, 'Story 2', 'Story 3', 'Story 4', third.title].sort());
  });

  it('follows an entry on through new guids after its title was rewritten', async () => {
    const rewritten = (n: number, text: string) => ({
      ...storm,
      guid: `${link}#${n}`,
      title: 'Two die in a gale',
      text,
    });
    const { log, titles } = await poll([
      [storm, ...others],
      [rewritten(1, 'Trees have fallen.'), ...others],
      [rewritten(2, 'Trees have fallen.'), ...others],
      [rewritten(3, 'Roads are closed.'), ...others],
      [{ ...rewritten(4, 'Roads are closed.'), title: 'Two die in a gale: police' }, ...others],
    ]);
    expect(titles.filter((title) => title.startsWith('Two die'))).toEqual(['Two die in a gale: police']);
    expect(log.map((line) => line.split(' (')[0])).toEqual([
      'add Two die in a gale',
      'update Two die in a gale',
      'update Two die in a gale: police',
    ]);
  });

  it('keeps two episodes with one title and one link apart that have recordings of their own', async () => {
    const episode = (guid: string) => ({ ...storm, guid, title: 'The daily briefing' });
    const recording =
      '<enclosure url="https://herald.example.org/GUID.mp3?t=POLL" type="audio/mpeg" length="1"/></item>';
    const withRecordings = (xml: string, poll: number) =>
      xml.replaceAll(/<item>(?:(?!<\/item>).)*?<guid[^>]*>(\w+)<(?:(?!<\/item>).)*<\/item>/g, (text, guid: string) =>
        text.replace('</item>', recording.replace('GUID', guid).replace('POLL', String(poll))),
      );
    const { titles } = await poll(
      [[episode('two'), episode('one')], [episode('three')], [episode('three')]],
      withRecordings,
    );
    expect(titles).toEqual(['The daily briefing', 'The daily briefing', 'The daily briefing']);
  });

  it('writes nothing when every entry is dated anew at each poll, and keeps the first dates', async () => {
    const documents = Array.from({ length: 8 }, (_, index) =>
      [storm, ...others].map((one) => ({ ...one, date: new Date(noon + index * minute) })),
    );
    const { log, dates } = await poll(documents);
    expect(log).toEqual([]);
    expect(dates.map(({ publishedMs }) => publishedMs)).toEqual([noon, noon, noon, noon]);
  });

  it('writes nothing when categories come in another order', async () => {
    const labels = ['<category>a</category><category>b</category>', '<category>b</category><category>a</category>'];
    const { log } = await poll([[storm], [storm], [storm]], (xml, index) =>
      xml.replaceAll('</item>', `${labels[index % 2]}</item>`),
    );
    expect(log).toEqual([]);
  });

  it('tells an edit that comes with a new date as one update, and keeps the first publication', async () => {
    const edited = { ...storm, title: 'Storm floods the harbour', date: new Date(noon) };
    const { log, dates } = await poll([[storm], [edited], [{ ...edited, date: new Date(noon + hour) }]]);
    expect(log).toEqual(['update Storm floods the harbour (title, updatedAt)']);
    expect(dates).toEqual([{ publishedMs: noon - hour, updatedMs: noon }]);
  });
});
