import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { hashDeclaration, toSite } from '../config/to-declarations.ts';
import { minuteMs } from '../domain/durations.ts';
import type { Declarations, Source } from '../domain/polling/source.ts';
import type { Clock } from '../runtime/clock.ts';
import { drawPicture } from './draw-picture.ts';
import { Editor, type Publication } from './editor.ts';
import { type Outlet, outlets } from './outlets.ts';
import { seededRandom } from './random.ts';
import { feedPath, renderArticlePage, renderFeed, renderFrontPage } from './render-outlet.ts';
import { demoSections } from './story-template.ts';

export interface DemoServerOptions {
  /** The same seed tells the same stories. */
  readonly seed: number;
  /** Between two turns; null: only when `publish` is called. */
  readonly everyMs: number | null;
  readonly clock: Clock;
  /** Called after each turn, but for those of the backlog. */
  onTurn?(turn: Publication): void;
}

/** A local server of made-up sources that keep publishing. */
export interface DemoServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What it publishes, ready to be polled. */
  declarations(pollEveryMs: number): Declarations;
  /** One turn now. */
  publish(): Publication;
  close(): Promise<void>;
}

/** All outlets share one host here, and nobody but us is asked. */
const demoPoliteness = { hostGapMs: 50, hostConcurrency: 4, globalPerSecond: 100 };

/** What stands in the feeds when the newsroom opens, and how far apart in time. */
const backlog = { articles: 24, gapMs: 13 * minuteMs };

/** Opens a newsroom on a free port of the loopback interface. */
export async function startDemoServer(options: DemoServerOptions): Promise<DemoServer> {
  const editor = new Editor(seededRandom(options.seed));
  const openedMs = options.clock.now();
  for (let back = backlog.articles; back > 0; back -= 1) editor.publishNext(openedMs - back * backlog.gapMs);
  let base = '';
  const server = createServer((request, response) => answer(editor, base, { request, response }));
  base = await listen(server);
  const publish = (): Publication => {
    const turn = editor.publishNext(options.clock.now());
    options.onTurn?.(turn);
    return turn;
  };
  const timer = options.everyMs === null ? undefined : setInterval(publish, options.everyMs);
  return {
    url: base,
    declarations: (pollEveryMs) => declareOutlets(base, pollEveryMs),
    publish,
    close: async () => {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the newsroom has no port');
  return `http://127.0.0.1:${address.port}`;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer(editor: Editor, base: string, { request, response }: Exchange): void {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const found = find(editor, base, pathname);
  if (found === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
    return;
  }
  const etag = `"${createHash('sha256').update(found.body).digest('base64url').slice(0, 22)}"`;
  const headers = { etag, 'content-type': found.type, 'cache-control': 'no-cache' };
  if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
  else response.writeHead(200, headers).end(found.body);
}

interface Resource {
  readonly type: string;
  readonly body: string | Uint8Array;
}

function find(editor: Editor, base: string, pathname: string): Resource | null {
  const outlet = outlets.find((candidate) => feedPath(candidate) === pathname);
  if (outlet !== undefined) return renderFeed(outlet, editor.articlesOf(outlet.id), base);
  const front = outlets.find((candidate) => `/${candidate.id}/` === pathname);
  if (front !== undefined) return html(renderFrontPage(front, editor.articlesOf(front.id)));
  const picture = /^\/pictures\/(\d{1,7})\.png$/.exec(pathname)?.[1];
  if (picture !== undefined) return { type: 'image/png', body: drawPicture(Number(picture)) };
  const article = editor.articleAt(pathname);
  return article === null ? null : html(renderArticlePage(article, base));
}

function html(body: string): Resource {
  return { type: 'text/html; charset=utf-8', body };
}

function declareOutlets(base: string, pollEveryMs: number): Declarations {
  return {
    site: { ...toSite({ title: 'Newswire demo' }), politeness: demoPoliteness },
    sections: demoSections,
    sources: outlets.map((outlet) => toSource(outlet, base, pollEveryMs)),
    webhooks: [],
  };
}

function toSource(outlet: Outlet, base: string, pollEveryMs: number): Source {
  const read = {
    url: `${base}${feedPath(outlet)}`,
    headers: {},
    limit: 500,
    keep: null,
    drop: null,
    language: null,
    trust: { dates: true, ids: true },
  };
  return {
    ...read,
    hidden: null,
    id: outlet.id,
    idDeclared: true,
    title: outlet.title,
    section: outlet.section,
    intervalMs: pollEveryMs,
    republish: 'full',
    declarationHash: hashDeclaration(read),
    declaredAt: 'the demo',
  };
}
