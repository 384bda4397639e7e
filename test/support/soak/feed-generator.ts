import path from 'node:path';
import Database from 'better-sqlite3';
import type { WireFilter } from '../../../src/domain/events/wire.ts';
import { type Entry, rssDocument } from '../documents.ts';
import { type Origin, startOrigin } from '../origin.ts';
import type { Home } from '../server.ts';

/** A word in the titles of some items, for clients with a search. */
export const searchedWord = 'amber';

/** Feeds that grow and change with each poll. */
export interface FeedGenerator {
  readonly sourcesYaml: string;
  /** False: the documents no longer change. */
  publishing: boolean;
  close(): Promise<void>;
}

const sources = 16;
const defaultRate: PublishRate = { newPerRead: 12, editsPerRead: 3 };
const shown = 40;

/** Starts the feeds, with politeness limits high enough not to slow polling down. */
export async function startFeedGenerator(random: () => number): Promise<FeedGenerator> {
  const origin = await startOrigin();
  const documents = Array.from({ length: sources }, (_, source) => createFeedDocument(source, random));
  const generator: FeedGenerator = {
    sourcesYaml: yamlFor(origin),
    publishing: true,
    close: () => origin.close(),
  };
  for (const [source, document] of documents.entries()) {
    origin.on(`/${source}.xml`, () => ({
      headers: { 'content-type': 'application/rss+xml' },
      body: generator.publishing ? document.next() : document.now(),
    }));
  }
  return generator;
}

function yamlFor(origin: Origin): string {
  const lines = Array.from(
    { length: sources },
    (_, source) => `  - { url: "${origin.url}/${source}.xml", id: s${source} }`,
  );
  const politeness = '{ hostGap: 0s, hostConcurrency: 16, globalPerSecond: 1000 }';
  return `site:\n  politeness: ${politeness}\nsources:\n${lines.join('\n')}\n`;
}

/** Average changes of a document per poll. */
export interface PublishRate {
  readonly newPerRead: number;
  readonly editsPerRead: number;
}

/** A feed document: `now` returns it, `next` changes it first. */
export interface FeedDocument {
  now(): string;
  next(): string;
}

/** Creates a feed document. Each change adds entries at the top and edits some below. */
export function createFeedDocument(
  source: number,
  random: () => number,
  rate: PublishRate = defaultRate,
): FeedDocument {
  const entries: Entry[] = [];
  const link = `https://publisher${source}.example.org/`;
  const title = (number: number, edition: number): string => {
    const word = random() < 0.5 ? searchedWord : 'plain';
    return `Bulletin ${number} of publisher ${source}, edition ${edition}, ${word}`;
  };
  let editions = 1;
  const times = (mean: number): number => Math.floor(mean + random());
  const add = (): void => {
    const number = entries.length;
    const guid = `${source}-${number}`;
    entries.push({ guid, title: title(number, 1), link: `${link}${number}`, date: new Date(), text: textOf(random) });
  };
  const edit = (): void => {
    const number = entries.length - 1 - Math.floor(random() * Math.min(shown, entries.length));
    const entry = entries[number];
    if (entry !== undefined) entries[number] = { ...entry, title: title(number, ++editions) };
  };
  const now = (): string => rssDocument({ title: `Publisher ${source}`, link }, entries.slice(-shown).toReversed());
  return {
    now,
    next(): string {
      for (
        let left = entries.length === 0 ? Math.max(1, times(rate.newPerRead)) : times(rate.newPerRead);
        left > 0;
        left -= 1
      )
        add();
      for (let left = times(rate.editsPerRead); left > 0; left -= 1) edit();
      return now();
    },
  };
}

function textOf(random: () => number): string {
  return `The lock keepers met the council again. ${'x'.repeat(Math.floor(random() * 1200))}`;
}

/**
 * Repeatedly makes every source due that is not being polled, until it is stopped.
 *
 * @param turns each source is made due once per `turns` intervals of 250 ms.
 */
export function keepSourcesDue(home: Home, turns = 1): () => void {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  const makeDue = database.prepare('UPDATE source SET next_check_ms = 0 WHERE lease_token IS NULL AND ref % ? = ?');
  let turn = 0;
  const timer = setInterval(() => {
    makeDue.run(turns, turn);
    turn = (turn + 1) % turns;
  }, 250);
  return () => {
    clearInterval(timer);
    database.close();
  };
}

/** A row of the event table. */
interface LogRow {
  readonly seq: number;
  readonly op: 'add' | 'update' | 'remove';
  readonly item_id: number;
  readonly source_id: string;
  readonly body: string;
}

/** The whole log, read from the database file without the server's code. */
export function readEventLog(home: Home): readonly LogRow[] {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { readonly: true, timeout: 5000 });
  try {
    return database.prepare('SELECT seq, op, item_id, source_id, body FROM event ORDER BY seq').all() as LogRow[];
  } finally {
    database.close();
  }
}

/** The events that a client must receive from the start of the log: an independent implementation of the filter. */
export function expectedEvents(filter: WireFilter, log: readonly LogRow[]): readonly string[] {
  const matched = new Map<number, boolean>();
  return log.flatMap(({ seq, op, item_id, source_id, body }) => {
    const before = matched.get(item_id) ?? false;
    const now = op !== 'remove' && isWanted(filter, source_id, body);
    matched.set(item_id, now);
    if (op === 'remove' || !now) return before ? [`remove ${seq}`] : [];
    return [`${op} ${seq}`];
  });
}

function isWanted(filter: WireFilter, sourceId: string, body: string): boolean {
  if (filter.sources !== undefined && !filter.sources.includes(sourceId)) return false;
  const { title } = JSON.parse(body) as { readonly title: string };
  return filter.q === undefined || title.split(/\W+/).includes(filter.q);
}
