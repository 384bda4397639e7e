import { type Context, Hono } from 'hono';
import { adminRoutes } from './admin/admin-routes.tsx';
import { apiRoutes } from './api/api-routes.ts';
import { commentRoutes } from './comments/comment-routes.ts';
import { ResponseCache } from './http/cache/response-cache.ts';
import { FeedLimit } from './http/limits/feed-limit.ts';
import { createQueryLimit } from './http/limits/query-limit.ts';
import { headContentLength } from './http/response/head-length.ts';
import { healthRoutes } from './http/routes/health-routes.ts';
import { metricsRoutes } from './http/routes/metrics-route.ts';
import { loadStaticFiles, staticRoutes } from './http/routes/static-files.ts';
import { allowCorsPreflight, securityHeaders } from './http/security/security-headers.ts';
import { aboutPage } from './pages/about-route.tsx';
import { errorPage } from './pages/error-route.tsx';
import { itemPage } from './pages/item-route.tsx';
import { frontPage, sectionPage, sourcePage } from './pages/listing-routes.tsx';
import { searchPage } from './pages/search-route.tsx';
import type { PageServices } from './pages/send-page.tsx';
import { sourcesPage } from './pages/sources-route.tsx';
import { statusPage } from './pages/status-route.tsx';
import type { AppContext } from './shared/app-context.ts';
import { notFound, type Problem, RequestError, toProblem } from './shared/request-error.ts';
import { feedRoutes, isFeedPath } from './syndication/feed-routes.ts';
import { websubRoutes } from './websub/websub-routes.ts';

const keptBytes = 32 * 1024 * 1024;

/** The web, and the answers that it keeps: a server asks those first. */
export interface App extends Hono {
  readonly kept: ResponseCache;
}

/** Everything that is asked for by GET: pages, output feeds, the JSON API, and whether we are well. */
export function createApp(given: AppContext): App {
  const parts = { ...given, queryLimit: createQueryLimit() };
  const files = loadStaticFiles(parts.assetsDir);
  const limit = new FeedLimit(() => parts.clock.monotonic());
  const kept = keptAnswers(parts, limit);
  const pageParts: PageServices = { ...parts, files, kept };
  const app = new Hono();
  app.fetch = kept.around(app.fetch);
  app.use(headContentLength);
  app.use(securityHeaders(parts.publicUrl));
  healthRoutes(app, parts);
  metricsRoutes(app, parts);
  feedRoutes(app, { ...parts, kept, limit });
  apiRoutes(app, parts);
  liveRoutes(app, parts);
  if (parts.websub) websubRoutes(app, parts.websub, parts);
  staticRoutes(app, files);
  pageRoutes(app, pageParts);
  commentRoutes(app, pageParts);
  adminRoutes(app, pageParts);
  app.notFound((c) => answerProblem(c, pageParts, missing(c)));
  app.onError((error, c) => answerProblem(c, pageParts, toProblem(error, c, parts.log)));
  return Object.assign(app, { kept });
}

function keptAnswers(parts: AppContext, limit: FeedLimit): ResponseCache {
  return new ResponseCache({
    dataVersion: () => parts.stateMark?.() ?? null,
    nowMs: () => parts.clock.now(),
    maxBytes: keptBytes,
    countFeedFetch: (incoming, feed) => limit.consume(parts.clientAddress(incoming), feed),
  });
}

function pageRoutes(app: Hono, parts: PageServices): void {
  app.get('/', (c) => frontPage(c, parts));
  app.get('/sections/:section', (c) => sectionPage(c, parts));
  app.get('/search', (c) => searchPage(c, parts));
  app.get('/sources', (c) => sourcesPage(c, parts));
  app.get('/sources/:id', (c) => sourcePage(c, parts));
  app.get('/items/:id', (c) => itemPage(c, parts));
  app.get('/status', (c) => statusPage(c, parts));
  app.get('/about', (c) => aboutPage(c, parts));
}

/** The live addresses as plain HTTP sees them: a WebSocket's handshake never comes this way. */
function liveRoutes(app: Hono, parts: AppContext): void {
  if (parts.eventStream !== null) {
    allowCorsPreflight(app, '/events');
    app.get('/events', parts.eventStream);
  }
  app.get('/live', (c) => {
    c.header('Upgrade', 'websocket');
    c.header('Cache-Control', 'no-store');
    return c.text('This address speaks WebSocket only.\n', 426);
  });
}

function missing(c: Context): Problem {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return notFound().problem;
  return new RequestError({ status: 405, code: 'method_not_allowed', message: 'Only GET and HEAD are answered here.' })
    .problem;
}

/** Tells a problem in the form of what was asked for: JSON, a line of text, or a page. */
function answerProblem(c: Context, parts: PageServices, problem: Problem): Response {
  const { status, code, message, retryAfterS } = problem;
  c.header('Cache-Control', 'no-store');
  if (status === 405) c.header('Allow', 'GET, HEAD');
  if (retryAfterS !== undefined) c.header('Retry-After', String(retryAfterS));
  if (c.req.path.startsWith('/api/') || c.req.header('accept') === 'application/json') {
    return c.json({ error: { code, message } }, status);
  }
  if (isFeedPath(c.req.path)) return c.text(`${message}\n`, status);
  return errorPage(c, parts, problem);
}
