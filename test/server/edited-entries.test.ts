import { describe, expect, it } from 'vitest';
import { readEvents } from '../../src/store/log/event-log.ts';
import { engines } from '../contract/test-engines.ts';
import { hour, minute, noon } from '../support/builders.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { usePolling } from '../support/polling-fixture.ts';

const link = 'https://herald.example.org/story';

const storm: Entry = {
  guid: `${link}#0`,
  link,
  title: 'Storm hits the coast',
  text: 'Trees have fallen.',
  date: new Date(noon - hour),
};

/** Another entry, which does not change. */
function other(n: number): Entry {
  const address = `https://herald.example.org/${n}`;
  return { guid: address, link: address, title: `Story ${n}`, text: `Text ${n}.`, date: new Date(noon - n * hour) };
}

const others = [other(2), other(3), other(4)];

function titleIn(body: string): string {
  return (JSON.parse(body) as { title: string }).title;
}

describe.each(engines)('polls of a source that edits its entries, on $name', (engine) => {
  const polling = usePolling(engine);

  /** Polls once for each document. Returns the events after the first poll, and the items at the end. */
  async function poll(documents: readonly (readonly Entry[])[], asXml = (xml: string, _poll: number) => xml) {
    const channel = { title: 'Herald', link: 'https://herald.example.org/' };
    const replies = documents.map((entries, index) => ({ body: asXml(rssDocument(channel, entries), index) }));
    polling.origin.on('/feed', ...replies);
    const poller = await polling.createPoller();
    await poller.poll();
    const first = (await readEvents(polling.store.reader, 0, 1000)).length;
    for (const _ of documents.slice(1)) await poller.poll();
    const events = (await readEvents(polling.store.reader, 0, 1000)).slice(first);
    const items = await poller.items();
    return {
      log: events.map(({ op, body, changed }) => `${op} ${titleIn(body)} (${changed.join(', ')})`),
      titles: items.map(({ title }) => title).sort(),
      dates: items.map(({ publishedMs, updatedMs }) => ({ publishedMs, updatedMs })),
    };
  }

  it('update one item for an entry whose guid changes with each edit', async () => {
    const edited = { ...storm, guid: `${link}#1`, text: 'Trees have fallen. Two people are hurt.' };
    const { log, titles } = await poll([
      [storm, ...others],
      [edited, ...others],
      [edited, ...others],
    ]);
    expect(titles).toEqual(['Storm hits the coast', 'Story 2', 'Story 3', 'Story 4']);
    expect(log).toEqual([expect.stringContaining('update Storm hits the coast')]);
  });

  it('update one item for an entry whose title is corrected together with its guid', async () => {
    const edited = { ...storm, guid: `${link}#1`, title: 'Storm hits the coast: two injured' };
    const { log } = await poll([
      [storm, ...others],
      [edited, ...others],
    ]);
    expect(log).toEqual(['update Storm hits the coast: two injured (title)']);
  });

  it('write no event when guids change one by one, and store the new guids', async () => {
    const secure = (entry: Entry) => ({ ...entry, guid: `${entry.guid}?https` });
    const documents = [0, 1, 2, 3].map((count) => others.map((one, index) => (index < count ? secure(one) : one)));
    const { log, titles } = await poll([...documents, others.map(secure)]);
    expect(titles).toHaveLength(3);
    expect(log).toEqual([]);
    const guids = await polling.store.reader.selectFrom('appearance').select('guid').execute();
    expect(guids.every(({ guid }) => guid?.endsWith('?https'))).toBe(true);
  });

  it('write no event for an entry that has a new guid at each poll', async () => {
    const documents = Array.from({ length: 6 }, (_, index) => [{ ...storm, guid: `made-at-${index}` }, ...others]);
    const { log, titles } = await poll(documents);
    expect(titles).toHaveLength(4);
    expect(log).toEqual([]);
  });

  it('store an article once that a later document contains under two guids', async () => {
    const edited = { ...storm, guid: `${link}#1`, text: 'Two people are hurt.', date: new Date(noon - hour / 2) };
    const { log, titles } = await poll([
      [storm, ...others],
      [edited, storm, ...others],
      [storm, edited, ...others],
    ]);
    expect(titles).toHaveLength(4);
    expect(log).toEqual([expect.stringContaining('update Storm hits the coast')]);
  });

  it('store the entries of a live blog as separate items, within one document and from poll to poll', async () => {
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

  it('follow an entry through new guids after its title was rewritten', async () => {
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

  it('store episodes with one title, one link and different recordings as separate items', async () => {
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

  it('write no event when the dates of all entries change at each poll, and keep the first dates', async () => {
    const documents = Array.from({ length: 8 }, (_, index) =>
      [storm, ...others].map((one) => ({ ...one, date: new Date(noon + index * minute) })),
    );
    const { log, dates } = await poll(documents);
    expect(log).toEqual([]);
    expect(dates.map(({ publishedMs }) => publishedMs)).toEqual([noon, noon, noon, noon]);
  });

  it('write no event when the order of the categories changes', async () => {
    const labels = ['<category>a</category><category>b</category>', '<category>b</category><category>a</category>'];
    const { log } = await poll([[storm], [storm], [storm]], (xml, index) =>
      xml.replaceAll('</item>', `${labels[index % 2]}</item>`),
    );
    expect(log).toEqual([]);
  });

  it('write one update for an edit with a new date, and keep the first publication date', async () => {
    const edited = { ...storm, title: 'Storm floods the harbour', date: new Date(noon) };
    const { log, dates } = await poll([[storm], [edited], [{ ...edited, date: new Date(noon + hour) }]]);
    expect(log).toEqual(['update Storm floods the harbour (title, updatedAt)']);
    expect(dates).toEqual([{ publishedMs: noon - hour, updatedMs: noon }]);
  });
});
