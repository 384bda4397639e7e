// The baseline of ingestion: undici, rss-parser and prepared inserts, without any code of Newswire. Two rounds: all items
// new, then all unchanged. Usage: node bench/floor-ingest.ts PORT ADDRESSES SOURCES FILE; prints a line `cold {…}` and one `warm {…}`.
import Database from 'better-sqlite3';
import RssParser from 'rss-parser';
import { Agent, request } from 'undici';

const [port, addresses, sources] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const file = process.argv[5] ?? ':memory:';
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`
  CREATE TABLE item (id INTEGER PRIMARY KEY, key TEXT UNIQUE, url TEXT, title TEXT, html TEXT, published INTEGER);
  CREATE TABLE event (seq INTEGER PRIMARY KEY, item INTEGER, body TEXT);
  CREATE TABLE source (id INTEGER PRIMARY KEY, etag TEXT);
`);
const insertItem = database.prepare(
  'INSERT OR IGNORE INTO item (key, url, title, html, published) VALUES (?, ?, ?, ?, ?)',
);
const insertEvent = database.prepare('INSERT INTO event (item, body) VALUES (?, ?)');
const saveEtag = database.prepare(
  'INSERT INTO source (id, etag) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET etag = excluded.etag',
);
const etagOf = database.prepare('SELECT etag FROM source WHERE id = ?').pluck();
const dispatcher = new Agent({ connections: 1 });

const store = database.transaction((source: number, etag: string, items: readonly RssParser.Item[]) => {
  for (const item of items) {
    const { lastInsertRowid, changes } = insertItem.run(
      item.guid,
      item.link,
      item.title,
      item.content,
      Date.parse(item.pubDate ?? ''),
    );
    if (changes === 1) insertEvent.run(lastInsertRowid, JSON.stringify(item));
  }
  saveEtag.run(source, etag);
});

async function readSource(source: number): Promise<void> {
  const known = etagOf.get(source);
  const headers = typeof known === 'string' ? { 'if-none-match': known } : {};
  const answer = await request(`http://127.1.0.${(source % addresses) + 1}:${port}/${source}.xml`, {
    dispatcher,
    headers,
  });
  if (answer.statusCode === 304) {
    await answer.body.dump();
    return;
  }
  const feed = await new RssParser().parseString(await answer.body.text());
  store(source, String(answer.headers['etag']), feed.items);
}

async function round(name: string): Promise<void> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let source = next++; source < sources; source = next++) await readSource(source);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  const used = process.cpuUsage(before);
  const cpuSeconds = (used.user + used.system) / 1e6;
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const peakRssMb = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${name} ${JSON.stringify({ cpuSeconds, wallSeconds, peakRssMb })}\n`);
}

await round('cold');
await round('warm');
process.exit(0);
