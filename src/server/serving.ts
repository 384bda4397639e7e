import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import type { Settings } from '../config/environment/environment.ts';
import { ConfigError, type ConfigProblem } from '../domain/config-error.ts';
import { minuteMs } from '../domain/durations.ts';
import type { Declarations } from '../domain/polling/source.ts';
import type { Doorbell } from '../push/doorbell.ts';
import { createFanOut } from '../push/fanout/fan-out.ts';
import { createLogTail, type LogTail } from '../push/log/log-tail.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { openFilesLimit } from '../runtime/open-files.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { version } from '../runtime/version.ts';
import type { Store } from '../store/engine/store.ts';
import { readEvents, readHead } from '../store/log/event-log.ts';
import { createQueryRunner } from '../store/query-process/query-runner.ts';
import { type App, createApp } from '../web/app.ts';
import { createConnectionLimits } from '../web/http/connections/connection-limits.ts';
import { refuseRepeatedHost } from '../web/http/security/host-header.ts';
import { createCountPoller } from '../web/live/session/count-poller.ts';
import { defaultLiveTiming, defaultMaxSessions, type LiveContext } from '../web/live/session/live-context.ts';
import { recordSessionHistory } from '../web/live/session/session-history.ts';
import { createSessionRegistry } from '../web/live/session/session-registry.ts';
import { createTimerWheel } from '../web/live/session/timer-wheel.ts';
import { createSseHandler, isEventStream } from '../web/live/sse/sse-handler.ts';
import { attachWebSocketServer } from '../web/live/websocket/websocket-server.ts';
import type { AppContext } from '../web/shared/app-context.ts';
import { createClientAddress, createProxyTest } from '../web/shared/client-address.ts';
import type { Readers } from '../web/shared/readers-port.ts';
import type { Metrics } from './metrics-registry.ts';
import { createReaders } from './reader-repositories.ts';
import { createReadinessCheck, createWebReads } from './web-reads.ts';
import { advertisedHubUrl } from './websub/start-hub.ts';
import { createWebSubEndpoints } from './websub/websub-endpoints.ts';

const closeGraceMs = 3000;
/** A client that takes its time over a request holds a connection for so long and no longer. */
const httpLimits = { headersTimeout: 10_000, requestTimeout: minuteMs, connectionsCheckingInterval: 5000 };
/** Files and connections that everything but our readers needs: database, polls, webhooks. */
const reservedFiles = 512;
const maxConnections = Math.max(64, openFilesLimit() - reservedFiles);
/** Below that, so that pages still come when every session is taken. */
const maxSessions = Math.min(defaultMaxSessions, Math.max(32, Math.floor(maxConnections * 0.9)));
/** The built scripts, styles and icons: beside this module when it is built itself. */
const assetsDir = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/public' : '../../public', import.meta.url),
);

/** What the serving side works with. */
export interface ServingParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly doorbell: Doorbell;
  /** Rung when a WebSub hub of a source has confirmed or pushed something. */
  readonly hubBell: Doorbell;
  readonly metrics: Metrics;
  readonly pictureOrigins: readonly string[];
  /** What is in force now. */
  declarations(): Declarations;
  /** What keeps newer ones from coming into force. */
  configProblems(): readonly ConfigProblem[];
}

/**
 * Starts answering: pages, feeds, API and the live connections.
 *
 * @returns the base of every address that we emit.
 */
export async function startServing(parts: ServingParts): Promise<{ readonly url: string; readonly publicUrl: string }> {
  const { settings, store, log, shutdown, metrics } = parts;
  const queries = createQueryRunner(settings.databaseUrl, {
    onEnd: (outcome) => metrics.queryEnded(outcome),
    onFault: (fault, detail) => store.storage.reportReadFault(fault, detail),
  });
  shutdown.onStop('query processes', () => queries.close());
  const readers = await createReaders({ ...parts, queries, adminToken: settings.adminToken });
  const tail = createLogTail({
    log: { bounds: () => readHead(store.reader), read: (after, limit) => readEvents(store.reader, after, limit) },
    logger: log,
  });
  await tail.start();
  metrics.freshness.followTail(tail);
  shutdown.onStop('log tail', () => tail.stop());
  shutdown.onStop(
    'doorbell',
    parts.doorbell.listen((head) => {
      metrics.freshness.recordCommit(head);
      tail.notify(head);
    }),
  );

  const address = { url: '', publicUrl: settings.publicUrl ?? '' };
  const live = createLive(parts, { tail, readers, publicUrl: () => address.publicUrl });
  metrics.watchLive({ ...live, tail });
  metrics.watchStorage(store.storage);
  const clientAddress = createClientAddress(settings.trustedProxies);
  const history = recordSessionHistory({ clock: parts.clock, count: () => live.sessions.size });
  shutdown.onStop('session history', () => history.stop());
  const appParts: AppContext = {
    reads: createWebReads(store, { freshness: () => metrics.freshness.medians(), queries, clock: parts.clock }),
    publicUrl: () => address.publicUrl,
    hubUrl: () => advertisedHubUrl(settings),
    site: () => parts.declarations().site,
    sections: () => parts.declarations().sections,
    ready: createReadinessCheck(store, log),
    storage: () => store.storage.state,
    metrics: { contentType: metrics.contentType, read: () => metrics.read(), token: settings.metricsToken },
    eventStream: createSseHandler({ ...live, clientAddress }),
    version,
    readers,
    clientAddress,
    configProblems: parts.configProblems,
    stateMark: createDataVersion(parts, () => address.publicUrl),
    sessionHistory: () => history.read(),
    clock: parts.clock,
    log,
    assetsDir,
    pictureOrigins: parts.pictureOrigins,
  };
  const app = createApp({
    ...appParts,
    websub: createWebSubEndpoints({ ...parts, onDelivery: metrics.webSubDelivered }, tail, appParts),
  });
  const server = createLimitedServer(parts, app, clientAddress);
  const { allowedOrigins } = settings;
  const sockets = attachWebSocketServer({
    ...live,
    server,
    allowedOrigins,
    clientAddress,
    publicUrl: () => address.publicUrl,
  });
  address.url = await listen(server, settings);
  address.publicUrl = settings.publicUrl ?? address.url;
  shutdown.onStop('HTTP server', () => closeServer(server));
  shutdown.onStop('live sessions', () => sockets.close(closeGraceMs));
  return address;
}

interface LiveOptions {
  readonly tail: LogTail;
  readonly readers: Readers;
  publicUrl(): string;
}

function createLive(parts: ServingParts, { tail, readers, publicUrl }: LiveOptions): LiveContext {
  const { clock, log, settings } = parts;
  const wheel = createTimerWheel();
  parts.shutdown.onStop('timer wheel', () => wheel.stop());
  return {
    tail,
    fanOut: createFanOut({
      ...{ tail, clock, publicUrl },
      logger: log,
      onDelivered: (step) => parts.metrics.freshness.recordDelivery(step),
    }),
    sessions: createSessionRegistry({ maxPerAddress: settings.liveMaxPerAddress, maxSessions }),
    wheel,
    clock,
    log,
    random: Math.random,
    countPoller: createCountPoller({ read: (ids) => readers.counts(ids), wheel, log }),
    timing: defaultLiveTiming,
  };
}

/**
 * Of the database and its storage, the declarations and our own address: whatever pages and feeds are made of. Looked up once for all
 * requests that the event loop has at hand: none of them can know of a commit that came after the first.
 */
function createDataVersion({ store, declarations }: ServingParts, publicUrl: () => string): () => string | null {
  let known = declarations();
  let generation = 0;
  let found: { readonly mark: string | null } | null = null;
  return () => {
    if (found !== null) return found.mark;
    const now = declarations();
    if (now !== known) generation += 1;
    known = now;
    const mark = store.dataVersion();
    const fault = store.storage.state?.fault ?? '';
    found = { mark: mark === null ? null : `${mark} ${generation} ${publicUrl()} ${fault}` };
    setImmediate(() => {
      found = null;
    });
    return found.mark;
  };
}

/** A server that answers as the app does, cached answers first, within the limits of its clients. */
function createLimitedServer(
  { settings, clock, log }: ServingParts,
  app: App,
  clientAddress: AppContext['clientAddress'],
): Server {
  const limits = createConnectionLimits({
    ...{ clock, log, clientAddress },
    maxPerAddress: settings.httpMaxPerAddress,
    isTrustedProxy: createProxyTest(settings.trustedProxies),
    isStream: isEventStream,
  });
  // HTTP/1.0 has no Host header, and health checks of load balancers still speak it.
  const answer = app.kept.before(getRequestListener(app.fetch, { hostname: 'localhost' }));
  const server = createServer(httpLimits, limits.wrap(refuseRepeatedHost(answer)));
  limits.watch(server);
  // More would run into the limit of open files, where nothing works any more, the database included.
  server.maxConnections = maxConnections;
  return server;
}

/** @returns `http://HOST:PORT` as it came to be. */
function listen(server: Server, { host, port }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem(error, host, port)));
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = 'HOST, PORT';
  if (error.code === 'EADDRINUSE') {
    const remedy = 'Stop the other one or set PORT to a free port, 0 to have one picked';
    return new ConfigError([{ where, what: `${host}:${port} is in use by another process`, remedy }]);
  }
  if (error.code === 'EACCES') {
    const what = `this user may not listen on ${host}:${port}`;
    return new ConfigError([{ where, what, remedy: 'Set PORT to 1024 or above' }]);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    const remedy = 'Set HOST to an address of this machine, 127.0.0.1 or 0.0.0.0';
    return new ConfigError([{ where, what: `${host} is no address of this machine`, remedy }]);
  }
  return error;
}

/** The sockets of live sessions have ended by now; what is left are requests under way and idle connections. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
