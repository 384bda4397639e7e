import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import type { Settings } from '../config/environment/environment.ts';
import type { ConfigProblem } from '../domain/config-error.ts';
import type { Declarations } from '../domain/polling/source.ts';
import type { Doorbell } from '../push/doorbell.ts';
import { createFanOut } from '../push/fanout/fan-out.ts';
import { createLogTail, type LogTail } from '../push/log/log-tail.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { version } from '../runtime/version.ts';
import type { Store } from '../store/engine/store.ts';
import { readEvents, readHead } from '../store/log/event-log.ts';
import { createQueryRunner, type QueryRunner } from '../store/query-process/query-runner.ts';
import { createApp } from '../web/app.ts';
import { createConnectionLimits } from '../web/http/connections/connection-limits.ts';
import { RequestCounts } from '../web/http/routes/request-counts.ts';
import { ProxyWarnings } from '../web/http/security/proxy-warnings.ts';
import { defaultMaxSessions } from '../web/live/protocol/live-timing.ts';
import { createLiveContext, type LiveContext } from '../web/live/session/live-context.ts';
import { recordSessionHistory } from '../web/live/session/session-history.ts';
import { createSseHandler, isEventStream } from '../web/live/sse/sse-handler.ts';
import { attachWebSocketServer } from '../web/live/websocket/websocket-server.ts';
import type { AdminPort } from '../web/shared/admin-port.ts';
import type { AppContext } from '../web/shared/app-context.ts';
import { createClientAddress, createProxyTest } from '../web/shared/client-address.ts';
import type { Readers } from '../web/shared/readers-port.ts';
import { createAdmin } from './admin-repositories.ts';
import { type HttpServer, listen, maxConnections } from './http-server.ts';
import type { Metrics } from './metrics-registry.ts';
import { createReaders } from './reader-repositories.ts';
import { createFigureReader } from './stored-figures.ts';
import { createReadinessCheck, createWebReads } from './web-reads.ts';
import { advertisedHubUrl } from './websub/start-hub.ts';
import { createWebSubEndpoints } from './websub/websub-endpoints.ts';

const closeGraceMs = 3000;
/** Less than the connections, so that pages can be loaded while all sessions are in use. */
const maxSessions = Math.min(defaultMaxSessions, Math.max(32, Math.floor(maxConnections * 0.9)));
/** The built scripts, styles and icons: beside this module in a build. */
const assetsDir = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/public' : '../../public', import.meta.url),
);

export interface ServingParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly doorbell: Doorbell;
  /** Notified when a WebSub hub of a source has confirmed a subscription or pushed content. */
  readonly hubDoorbell: Doorbell;
  readonly metrics: Metrics;
  readonly pictureOrigins: readonly string[];
  declarations(): Declarations;
  /** Why newer declarations are not active. */
  configProblems(): readonly ConfigProblem[];
  /** Which of the active declarations are ignored, and why. */
  configWarnings(): readonly ConfigProblem[];
  /** When the active declarations were read, epoch ms. */
  declaredMs(): number;
}

/** Where the server can be reached. */
export interface Address {
  /** Where it listens. */
  readonly url: string;
  /** The base of all absolute addresses that it emits, without a trailing slash. */
  readonly publicUrl: string;
}

/**
 * Starts to serve pages, feeds, the API and live connections.
 *
 * @throws ConfigError when HOST and PORT cannot be used.
 */
export async function startServing(parts: ServingParts): Promise<Address> {
  const { settings, clock, log } = parts;
  const queries = startQueryRunner(parts);
  const readers = await createReaders({ ...parts, queries });
  const admin = await createAdmin(parts.store, settings.adminToken);
  const tail = await startLogTail(parts);
  const clientAddress = createClientAddress(settings.trustedProxies);
  const limits = createConnectionLimits({
    ...{ clock, log, clientAddress },
    maxPerAddress: settings.httpMaxPerAddress,
    isTrustedProxy: createProxyTest(settings.trustedProxies),
    isStream: isEventStream,
  });
  // Listen first: the public address can contain the port. From here on there is no await, so that the handler is set
  // before the first request arrives.
  const http = await listen(settings, limits);
  const publicUrl = settings.publicUrl ?? http.url;
  try {
    serve(parts, { http, queries, readers, admin, tail, clientAddress, publicUrl });
  } catch (error) {
    await http.close();
    throw error;
  }
  return { url: http.url, publicUrl };
}

/** Starts the query processes. */
function startQueryRunner({ settings, store, shutdown, metrics }: ServingParts): QueryRunner {
  const queries = createQueryRunner(settings.databaseUrl, {
    onEnd: (outcome) => metrics.queryEnded(outcome),
    onFault: (fault, detail) => store.storage.reportReadFault(fault, detail),
  });
  shutdown.onStop('query processes', () => queries.close());
  return queries;
}

/** Starts to follow the event log: the doorbell wakes the tail. */
async function startLogTail({ store, log, shutdown, metrics, doorbell }: ServingParts): Promise<LogTail> {
  const tail = createLogTail({
    eventLog: { bounds: () => readHead(store.reader), read: (after, limit) => readEvents(store.reader, after, limit) },
    log,
  });
  await tail.start();
  metrics.freshness.followTail(tail);
  shutdown.onStop('log tail', () => tail.stop());
  const unsubscribe = doorbell.listen((head) => {
    metrics.freshness.recordCommit(head);
    tail.notify(head);
  });
  shutdown.onStop('doorbell', unsubscribe);
  return tail;
}

interface ListeningParts {
  readonly http: HttpServer;
  readonly queries: QueryRunner;
  readonly readers: Readers;
  readonly admin: AdminPort | null;
  readonly tail: LogTail;
  readonly clientAddress: AppContext['clientAddress'];
  readonly publicUrl: string;
}

/** Builds the app and attaches it to the server. Synchronous. */
function serve(parts: ServingParts, listening: ListeningParts): void {
  const { settings, shutdown, metrics } = parts;
  const { http, tail, clientAddress, publicUrl } = listening;
  const live = createLive(parts, listening);
  metrics.watchLive({ ...live, tail });
  metrics.watchStorage(parts.store.storage);
  const context = createContext(parts, listening, live);
  const websub = createWebSubEndpoints({ ...parts, onDelivery: metrics.webSubDelivered }, tail, context);
  const app = createApp({ ...context, websub });
  // HTTP/1.0 has no Host header, and health checks of load balancers still use it.
  const answer = app.responseCache.wrap(getRequestListener(app.fetch, { hostname: 'localhost' }));
  const requests = new RequestCounts(app.routes.map(({ path }) => path));
  const proxies = new ProxyWarnings({
    ...{ log: parts.log, publicUrl, isPublicUrlSet: settings.publicUrl !== null },
    isTrustedProxy: createProxyTest(settings.trustedProxies),
  });
  http.handle(proxies.wrap(requests.wrap(answer)));
  metrics.watchServer({
    version,
    figures: createFigureReader({ ...parts, databaseUrl: settings.databaseUrl }),
    requests: () => requests.read(),
    config: () => ({ isCurrent: parts.configProblems().length === 0, readMs: parts.declaredMs() }),
  });
  const sockets = attachWebSocketServer({
    ...live,
    ...{ server: http.server, clientAddress, allowedOrigins: settings.allowedOrigins },
    publicUrl,
  });
  shutdown.onStop('HTTP server', () => http.close());
  shutdown.onStop('live sessions', () => sockets.close(closeGraceMs));
}

/** What the pages, feeds and API read. */
function createContext(parts: ServingParts, listening: ListeningParts, live: LiveContext): AppContext {
  const { settings, store, clock, log, shutdown, metrics } = parts;
  const { queries, readers, admin, clientAddress, publicUrl } = listening;
  const history = recordSessionHistory({ clock, count: () => live.sessions.size });
  shutdown.onStop('session history', () => history.stop());
  return {
    ...{ version, readers, admin, clientAddress, clock, log, assetsDir },
    reads: createWebReads(store, { freshness: () => metrics.freshness.medians(), queries, clock }),
    publicUrl,
    hubUrl: () => advertisedHubUrl(settings),
    site: () => parts.declarations().site,
    sections: () => parts.declarations().sections,
    ready: createReadinessCheck(store, log),
    storage: () => store.storage.state,
    metrics: { contentType: metrics.contentType, read: () => metrics.read(), token: settings.metricsToken },
    eventStream: createSseHandler({ ...live, clientAddress }),
    configProblems: parts.configProblems,
    configWarnings: parts.configWarnings,
    dataVersion: createDataVersion(parts),
    sessionHistory: () => history.read(),
    pictureOrigins: parts.pictureOrigins,
  };
}

interface LiveOptions {
  readonly tail: LogTail;
  readonly readers: Readers;
  readonly publicUrl: string;
}

function createLive(parts: ServingParts, { tail, readers, publicUrl }: LiveOptions): LiveContext {
  const { clock, log, settings } = parts;
  const live = createLiveContext({
    ...{ tail, clock, log, maxSessions },
    fanOut: createFanOut({
      ...{ tail, clock, log },
      publicUrl,
      onDelivered: (step) => parts.metrics.freshness.recordDelivery(step),
    }),
    maxPerAddress: settings.liveMaxPerAddress,
    readCounts: (ids) => readers.counts(ids),
  });
  return live;
}

/**
 * The version of everything that pages and feeds are made of: the database, the fault of its storage, and the
 * declarations. It is read at most once in an iteration of the event loop: the requests of one iteration cannot know of
 * a commit after the first of them.
 */
function createDataVersion({ store, declarations }: ServingParts): () => string | null {
  let lastDeclarations = declarations();
  let generation = 0;
  let cached: { readonly version: string | null } | null = null;
  return () => {
    if (cached !== null) return cached.version;
    if (declarations() !== lastDeclarations) generation += 1;
    lastDeclarations = declarations();
    const data = store.dataVersion();
    const fault = store.storage.state?.fault ?? '';
    cached = { version: data === null ? null : `${data} ${generation} ${fault}` };
    setImmediate(() => {
      cached = null;
    });
    return cached.version;
  };
}
