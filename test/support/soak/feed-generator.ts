import path from 'node:path';
import Database from 'better-sqlite3';
import type { WireFilter } from '../../../src/domain/events/wire.ts';
import { type Entry, rssDocument } from '../documents.ts';
import { type Origin, startOrigin } from '../origin.ts';
import type { Home } from '../server.ts';

/** A word that stands in the titles of some items: what a search of a reader looks for. */
export const searchedWord = 'amber';

/** Publishers whose documents grow and change with each read. */
export interface FeedGenerator {
  readonly sourcesYaml: string;
  /** False: every document stays as it is from now on. */
  publishing: boolean;
  close(): Promise<void>;
}

const sources = 16;
const usualPace: PublishRate = { newPerRead: 12, editsPerRead: 3 };
const shown = 40;

/** Starts publishers on addresses of their own, so that no rule of politeness slows the reading down. */
export async function startFeedGenerator(random: () => number): Promise<FeedGenerator> {
  const origin = await startOrigin();
  const desks = Array.from({ length: sources }, (_, source) => createFeedDocument(source, random));
  const room: FeedGenerator = {
    sourcesYaml: yamlFor(origin),
    publishing: true,
    close: () => origin.close(),
  };
  for (const [source, desk] of desks.entries()) {
    origin.on(`/${source}.xml`, () => ({
      headers: { 'content-type': 'application/rss+xml' },
      body: room.publishing ? desk.next() : desk.now(),
    }));
  }
  return room;
}

function yamlFor(origin: Origin): string {
  const lines = Array.from(
    { length: sources },
    (_, source) => `  - { url: "${origin.url}/${source}.xml", id: s${source} }`,
  );
  const politeness = '{ hostGap: 0s, hostConcurrency: 16, globalPerSecond: 1000 }';
  return `site:\n  politeness: ${politeness}\nsources:\n${lines.join('\n')}\n`;
}

/** How a publisher's document changes from read to read, on average. */
export interface PublishRate {
  readonly newPerRead: number;
  readonly editsPerRead: number;
}

/** A publisher's document: as it is, and as it is at the next read. */
export interface FeedDocument {
  now(): string;
  next(): string;
}

/** One publisher: each document has new entries on top, and some of those below are not what they were. */
export function createFeedDocument(source: number, random: () => number, pace: PublishRate = usualPace): FeedDocument {
  const entries: Entry[] = [];
  const link = `https://desk${source}.example.org/`;
  const title = (number: number, edition: number): string => {
    const word = random() < 0.5 ? searchedWord : 'plain';
    return `Bulletin ${number} of desk ${source}, edition ${edition}, ${word}`;
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
  const now = (): string => rssDocument({ title: `Desk ${source}`, link }, entries.slice(-shown).toReversed());
  return {
    now,
    next(): string {
      for (
        let left = entries.length === 0 ? Math.max(1, times(pace.newPerRead)) : times(pace.newPerRead);
        left > 0;
        left -= 1
      )
        add();
      for (let left = times(pace.editsPerRead); left > 0; left -= 1) edit();
      return now();
    },
  };
}

function textOf(random: () => number): string {
  return `The lock keepers met the council again. ${'x'.repeat(Math.floor(random() * 1200))}`;
}

/**
 * Makes every source due that is not being read: again and again, until it is stopped.
 *
 * @param turns each source is made due once in so many turns, of 250 ms each.
 */
export function keepSourcesDue(home: Home, turns = 1): () => void {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  const make = database.prepare('UPDATE source SET next_check_ms = 0 WHERE lease_token IS NULL AND ref % ? = ?');
  let turn = 0;
  const timer = setInterval(() => {
    make.run(turns, turn);
    turn = (turn + 1) % turns;
  }, 250);
  return () => {
    clearInterval(timer);
    database.close();
  };
}

/** An event as the database holds it. */
interface LogRow {
  readonly seq: number;
  readonly op: 'add' | 'update' | 'remove';
  readonly item_id: number;
  readonly source_id: string;
  readonly body: string;
}

/** The whole log, out of the file and past all of our code that serves it. */
export function readEventLog(home: Home): readonly LogRow[] {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { readonly: true, timeout: 5000 });
  try {
    return database.prepare('SELECT seq, op, item_id, source_id, body FROM event ORDER BY seq').all() as LogRow[];
  } finally {
    database.close();
  }
}

/** What a reader must have been told from the beginning of the log on, thought out anew: the oracle. */
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
