import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { sql } from 'kysely';
import { dayMs } from '../src/domain/durations.ts';
import type { ItemDraft } from '../src/domain/items/item.ts';
import type { Store } from '../src/store/engine/store.ts';
import { trimEvents } from '../src/store/log/event-log.ts';
import { openStore } from '../src/store/open-store.ts';
import { aFeed, aSource } from '../test/support/builders.ts';
import { StoreFixture } from '../test/support/store-fixture.ts';
import { type NewsWords, newsWords } from './news-words.ts';

const sources = 200;
/** Items of one poll: as many as the store writes in one transaction. */
const draftsInRead = 50;
const spanMs = 80 * dayMs;
/** The default of a server. */
const maxEvents = 200_000;

export const fillSections = ['World', 'Analytics', 'Technology', 'Science', 'Sport', 'Culture', 'Regions', 'Weather'];

/** The database to create. */
export interface FillOptions {
  /** A file that does not exist. */
  readonly file: string;
  readonly items: number;
  /** When the newest item was stored. */
  readonly nowMs: number;
  readonly progress?: (items: number) => void;
}

/**
 * Creates the database of a server that has polled 200 sources for 80 days. Uses the store, and trims the event log as
 * retention does. The same items each time.
 */
export async function fillDatabase({ file, items, nowMs, progress = () => {} }: FillOptions): Promise<void> {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const store = await openStore({ url: `sqlite:${file}`, poller: true });
  try {
    // Durability is not needed: after a power cut the database is created again.
    await sql`pragma synchronous = off`.execute(store.writer);
    const fixture = new StoreFixture(store);
    await fixture.declare(
      Array.from({ length: sources }, (_, index) =>
        aSource(`source-${index}`, {
          title: `Source ${index}`,
          section: fillSections[index % fillSections.length] ?? '',
        }),
      ),
      nowMs - spanMs,
    );
    await writeItems({ store, fixture, items, nowMs, progress });
    await trimEvents(store, { nowMs, maxAgeMs: 7 * dayMs, maxEvents });
    // As on a server that has run for a while: the query planner has statistics.
    await sql`pragma optimize`.execute(store.writer);
  } finally {
    await store.close();
  }
}

interface Filling extends Required<Omit<FillOptions, 'file'>> {
  readonly store: Store;
  readonly fixture: StoreFixture;
}

/** Writes in rounds over all sources, so that their items alternate in time. */
async function writeItems({ store, fixture, items, nowMs, progress }: Filling): Promise<void> {
  const words = newsWords();
  const perRound = sources * draftsInRead;
  const stepMs = spanMs / items;
  for (let done = 0; done < items; done += perRound) {
    const count = Math.min(perRound, items - done);
    const endMs = Math.round(nowMs - (items - done - count) * stepMs);
    for (let index = 0; index < Math.min(sources, count); index += 1) {
      const drafts: ItemDraft[] = [];
      for (let place = index; place < count; place += sources) {
        drafts.push(draftOf(done + place, Math.round(nowMs - (items - done - place) * stepMs), words));
      }
      await fixture.read(`source-${index}`, aFeed(drafts), endMs, { firstRead: false });
    }
    await trimEvents(store, { nowMs: endMs, maxAgeMs: spanMs, maxEvents });
    progress(done + count);
  }
}

function draftOf(number: number, publishedMs: number, words: NewsWords): ItemDraft {
  const title = words.sentence(7);
  const summary = words.sentence(18);
  const paragraphs = Array.from({ length: 3 }, () => `<p>${words.sentence(28)}</p>`);
  const url = `https://example.net/${number % 97}/${number}`;
  return {
    entryKey: `entry-${number}`,
    canonicalUrl: `//example.net/${number % 97}/${number}`,
    guid: url,
    url,
    title,
    summary,
    contentHtml: paragraphs.join(''),
    author: `Desk ${number % 40}`,
    language: 'en',
    categories: [words.rare(), words.rare()],
    enclosures: [],
    imageUrl: number % 3 === 0 ? `https://example.net/pictures/${number}.jpg` : null,
    publishedMs,
    updatedMs: null,
    contentHash: `${number}`,
  };
}

/** `npm run bench -- fill --items N --db FILE` */
export async function fill(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { items: { type: 'string' }, db: { type: 'string' } } });
  const items = Number(values.items ?? 10_000);
  const file = values.db;
  if (file === undefined || !Number.isInteger(items) || items < 1) {
    throw new Error('usage: fill --items N --db FILE (FILE must not exist)');
  }
  if (existsSync(file)) throw new Error(`${file} exists: remove it or choose another file`);
  const bar = new SingleBar({
    format: 'fill {bar} {value}/{total} items, {eta_formatted} left',
    stream: process.stderr,
  });
  const startedAt = performance.now();
  bar.start(items, 0);
  await fillDatabase({ file, items, nowMs: Date.now(), progress: (done) => bar.update(done) });
  bar.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(`${items} items in ${seconds.toFixed(1)} s: ${file}\n`);
}
