import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { WebSubEndpoints } from '../push/websub/websub-hub.ts';
import { adminRoutes } from './admin/admin-routes.tsx';
import { apiRoutes } from './api/api-routes.ts';
import { commentRoutes } from './comments/comment-routes.ts';
import { ResponseCache } from './http/cache/response-cache.ts';
import { diagnosticsRoute } from './http/routes/diagnostics-route.ts';
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
import { createQueryLimit } from './shared/query-limit.ts';
import { notFound, type Problem, RequestError, toProblem } from './shared/request-error.ts';
import { FeedLimit } from './syndication/feed-limit.ts';
import { feedRoutes, isFeedPath } from './syndication/feed-routes.ts';
import { websubRoutes } from './websub/websub-routes.ts';

/** The app, and its cache of responses, which wraps the listener of the HTTP server. */
export interface App extends Hono {
  readonly responseCache: ResponseCache;
}

/** What the app is built from. */
export interface AppParts extends AppContext {
  /** What answers below `/websub`. Null or absent: WebSub is off. */
  readonly websub?: WebSubEndpoints | null;
}

/** Builds all routes: pages, output feeds, the JSON API, live connections over HTTP, health and metrics. */
export function createApp({ websub = null, ...given }: AppParts): App {
  const context = { ...given, queryLimit: createQueryLimit() };
  const { clock, clientAddress } = context;
  const files = loadStaticFiles(context.assetsDir);
  const feedLimit = new FeedLimit({ nowMs: () => clock.monotonic(), clientAddress });
  const responseCache = createResponseCache(context, feedLimit);
  const pageParts: PageServices = { ...context, files, responseCache };
  const app = new Hono();
  app.use(headContentLength);
  app.use(securityHeaders(context.publicUrl));
  healthRoutes(app, context);
  metricsRoutes(app, context);
  diagnosticsRoute(app, context);
  feedRoutes(app, { ...context, responseCache, feedLimit });
  apiRoutes(app, context);
  liveRoutes(app, context);
  if (websub !== null) websubRoutes(app, websub, context);
  staticRoutes(app, files);
  pageRoutes(app, pageParts);
  commentRoutes(app, pageParts);
  adminRoutes(app, pageParts);
  app.notFound((c) => sendProblem(c, pageParts, unknownRoute(c)));
  app.onError((error, c) => sendProblem(c, pageParts, toProblem(error, c, context.log)));
  return Object.assign(app, { responseCache });
}

function createResponseCache({ dataVersion, clock, log }: AppContext, feedLimit: FeedLimit): ResponseCache {
  return new ResponseCache({
    dataVersion: () => dataVersion?.() ?? null,
    nowMs: () => clock.now(),
    log,
    consumeFeedQuota: (incoming, feed) => feedLimit.consume(incoming, feed) === null,
  });
}

/**
 * Gives a response to HEAD the Content-Length of the response to GET (RFC 9110 §8.6), errors included. The framework
 * drops the body before Node can count it.
 */
const headContentLength: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.method !== 'HEAD' || c.res.body === null || c.res.headers.has('Content-Length')) return;
  const { byteLength } = await c.res.clone().arrayBuffer();
  c.res.headers.set('Content-Length', String(byteLength));
};

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

/** A WebSocket handshake does not reach these routes: the server handles its `upgrade` event. */
function liveRoutes(app: Hono, { eventStream }: AppContext): void {
  if (eventStream !== null) {
    allowCorsPreflight(app, '/events');
    app.get('/events', eventStream);
  }
  app.get('/live', (c) => {
    c.header('Upgrade', 'websocket');
    c.header('Cache-Control', 'no-store');
    return c.text('This address accepts WebSocket connections only.\n', 426);
  });
}

function unknownRoute(c: Context): Problem {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return notFound().problem;
  const message = 'This address does not accept the method. Use GET or HEAD.';
  return new RequestError({ status: 405, code: 'method_not_allowed', message }).problem;
}

/** Sends an error in the form that was asked for: JSON, a line of text, or a page. */
function sendProblem(c: Context, parts: PageServices, problem: Problem): Response {
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
