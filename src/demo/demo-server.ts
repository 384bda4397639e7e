import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { hashDeclaration, toSite } from '../config/to-declarations.ts';
import { minuteMs } from '../domain/durations.ts';
import type { Declarations, Source } from '../domain/polling/source.ts';
import type { Clock } from '../runtime/clock.ts';
import { drawPicture } from './draw-picture.ts';
import { Editor, type Publication } from './editor.ts';
import { demoSections, type Outlet, outlets } from './outlets.ts';
import { seededRandom } from './random.ts';
import { feedPath, renderArticlePage, renderFeed, renderFrontPage } from './render-outlet.ts';

interface DemoServerOptions {
  /** The same seed publishes the same stories. */
  readonly seed: number;
  /** The time between two publications; null: only `publish` publishes. */
  readonly intervalMs: number | null;
  readonly clock: Clock;
  /** Called after each publication except those of the backlog. */
  onPublication?(publication: Publication): void;
}

/** A local HTTP server with fictional sources that publish continuously. */
export interface DemoServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  declarations(pollEveryMs: number): Declarations;
  /** Publishes something now. */
  publish(): Publication;
  close(): Promise<void>;
}

/** High limits, because all outlets are on one local host. */
const demoPoliteness = { hostGapMs: 50, hostConcurrency: 4, globalPerSecond: 100 };

/** The number of articles at the start and the time between them. */
const backlog = { articles: 24, gapMs: 13 * minuteMs };

/** Starts a demo server on a free port of the loopback interface. Rejects if it cannot listen. */
export async function startDemoServer(options: DemoServerOptions): Promise<DemoServer> {
  const editor = new Editor(seededRandom(options.seed));
  const startMs = options.clock.now();
  for (let back = backlog.articles; back > 0; back -= 1) editor.publishNext(startMs - back * backlog.gapMs);
  let base = '';
  const server = createServer((request, response) => answer(editor, base, { request, response }));
  base = await listen(server);
  const publish = (): Publication => {
    const publication = editor.publishNext(options.clock.now());
    options.onPublication?.(publication);
    return publication;
  };
  const timer = options.intervalMs === null ? undefined : setInterval(publish, options.intervalMs);
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
  if (address === null || typeof address === 'string') throw new Error('the demo server has no port');
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
  readonly body: string;
}

function find(editor: Editor, base: string, pathname: string): Resource | null {
  const outlet = outlets.find((candidate) => feedPath(candidate) === pathname);
  if (outlet !== undefined) return renderFeed(outlet, editor.articlesOf(outlet.id), base);
  const front = outlets.find((candidate) => `/${candidate.id}/` === pathname);
  if (front !== undefined) return html(renderFrontPage(front, editor.articlesOf(front.id)));
  const picture = /^\/pictures\/(\d{1,7})\.svg$/.exec(pathname)?.[1];
  if (picture !== undefined) return { type: 'image/svg+xml', body: drawPicture(Number(picture)) };
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
    lists: [],
    webhooks: [],
    warnings: [],
    alerts: [],
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
    listedBy: null,
  };
}
