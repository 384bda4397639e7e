import path from 'node:path';
import Database from 'better-sqlite3';
import { rssDocument } from '../documents.ts';
import { type Origin, startOrigin } from '../origin.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../server.ts';
import { until } from '../until.ts';

/** A real server with one item, number 1, and its database. */
export interface ItemServer {
  readonly home: Home;
  readonly server: ServerProcess;
  readonly url: string;
  /** Runs SQL on the database, beside the server. */
  sql(text: string, ...values: unknown[]): unknown[];
  close(): Promise<void>;
}

/** How the server is set up. */
export interface ItemServerOptions {
  /** Of the site in sources.yaml. */
  readonly comments?: 'off' | 'moderated' | 'open';
  readonly env?: Record<string, string>;
}

const text = '<p>The council met on Tuesday.</p><p>It will meet again.</p>';

/** Starts an origin with one entry and a server that polls it, and waits until the item has a page. */
export async function startItemServer(options: ItemServerOptions = {}): Promise<ItemServer> {
  const { comments = 'moderated', env = {} } = options;
  const origin: Origin = await startOrigin();
  const channel = { title: 'Example Review', link: 'https://www.example.org/' };
  const entry = { guid: '1', title: 'Council meets', link: 'https://www.example.org/1', author: 'Ann Example', text };
  origin.on('/rss.xml', { headers: { 'content-type': 'text/xml' }, body: rssDocument(channel, [entry]) });
  const home = makeHome(
    `site: { comments: ${comments} }\nsources:\n  - { url: "${origin.url}/rss.xml", id: review, section: World }\n`,
  );
  const server = await startServer(home, env);
  const close = async (): Promise<void> => {
    await server.end('SIGKILL');
    await origin.close();
    home.remove();
  };
  try {
    const page = `${server.url}/items/1`;
    await until('the item has a page', async () => (await fetch(page)).status === 200 || null);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    home,
    server,
    url: server.url,
    sql(statement, ...values) {
      const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
      try {
        const prepared = database.prepare(statement);
        return prepared.reader ? prepared.all(...values) : [prepared.run(...values)];
      } finally {
        database.close();
      }
    },
    close,
  };
}
