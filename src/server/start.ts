import type { Settings } from '../config/environment/environment.ts';
import { processEnvironment } from '../config/environment/environment.ts';
import { readDeclarations } from '../config/read-declarations.ts';
import type { ConfigProblem } from '../domain/config-error.ts';
import type { Declarations } from '../domain/polling/source.ts';
import { createMemoryDoorbell } from '../push/doorbell.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { createLog, demoteReportedErrors, type Log } from '../runtime/log.ts';
import { createShutdown, type Shutdown } from '../runtime/shutdown.ts';
import { NetworkBreaker } from '../schedule/network-breaker.ts';
import type { Store } from '../store/engine/store.ts';
import { openStore } from '../store/open-store.ts';
import { createMetrics } from './metrics-registry.ts';
import { type Address, startServing } from './serving.ts';
import { startAlerts } from './start-alerts.ts';
import { startPolling } from './start-polling.ts';
import { startWebhooks } from './start-webhooks.ts';

/** How long two processes can poll after the lock was lost. */
const lockCheckMs = 5000;

/** How a server is started. */
export interface ServerOptions {
  readonly settings: Settings;
  /** Default: JSON lines at the level of the settings. */
  readonly log?: Log;
  readonly clock?: Clock;
  /** Replaces the declarations in FEEDS_DIR, which is not watched then. */
  readonly declarations?: Declarations;
  /** Origins whose pictures are shown although they are not https. */
  readonly pictureOrigins?: readonly string[];
  /** Replaces `openStore`, to inject faults of the storage. */
  readonly open?: typeof openStore;
}

/** A running server. */
export interface RunningServer {
  /** Where it listens; empty without the role `serve`. */
  readonly url: string;
  /** Resolves when another process may be polling: the file of the poll lock was removed. Stop the server then. */
  readonly lockLost: Promise<void>;
  /** Accepts no more work, closes live sessions, completes running work and closes the database. */
  stop(): Promise<void>;
}

/**
 * Starts the server: declarations, database, serving, webhooks, polling, in this order, so that it answers requests
 * before it polls.
 *
 * @throws ConfigError when the configuration cannot be used; everything that was started is stopped.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { settings, pictureOrigins = [], clock = systemClock, open = openStore } = options;
  const { roles } = settings;
  const log = demoteReportedErrors(options.log ?? createLog(settings.logLevel));
  const declarations = options.declarations ?? (await readDeclarations(settings.feedsDir, processEnvironment()));
  const shutdown = createShutdown(log);
  try {
    const store = await open({ url: settings.databaseUrl, poller: roles.has('poll'), log, clock });
    shutdown.onStop('database', () => store.close());
    warnOfOpenFiles(store, log);
    const doorbell = createMemoryDoorbell();
    const hubDoorbell = createMemoryDoorbell();
    const metrics = createMetrics(clock);
    const parts = { settings, store, clock, log, shutdown, doorbell, hubDoorbell, metrics };
    const active: ActiveDeclarations = { declarations, problems: [], readMs: clock.now() };
    const address: Address = roles.has('serve')
      ? await startServing({
          ...{ ...parts, pictureOrigins },
          declarations: () => active.declarations,
          configProblems: () => active.problems,
          configWarnings: () => active.declarations.warnings,
          declaredMs: () => active.readMs,
        })
      : { url: '', publicUrl: settings.publicUrl ?? 'http://localhost' };
    if (roles.has('serve')) log.info({ url: address.url }, 'listening');
    if (roles.has('poll')) {
      const watched = options.declarations === undefined;
      await startPollingRole({ ...parts, publicUrl: address.publicUrl, watched }, active);
      log.info({ sources: declarations.sources.length }, 'polling');
    }
    const lockLost = roles.has('poll') ? watchPollLock(store, shutdown) : new Promise<void>(() => {});
    return { url: address.url, lockLost, stop: () => shutdown.stop() };
  } catch (error) {
    await shutdown.stop();
    throw error;
  }
}

type PollingParts = Omit<
  Parameters<typeof startPolling>[0],
  'breaker' | 'declarations' | 'notify' | 'onDeclared' | 'onPolled' | 'onProblems'
> &
  Pick<Parameters<typeof startWebhooks>[0], 'doorbell' | 'metrics'>;

/** Starts what only the polling process does: webhooks, alerts and polling. */
async function startPollingRole(parts: PollingParts, active: ActiveDeclarations): Promise<void> {
  const breaker = new NetworkBreaker();
  const webhooks = startWebhooks(parts);
  const alerts = startAlerts({ ...parts, breaker });
  await startPolling({
    ...{ ...parts, breaker, declarations: active.declarations },
    notify: (head) => void parts.doorbell.notify(head),
    onDeclared(next) {
      Object.assign(active, { declarations: next, readMs: parts.clock.now() });
      webhooks.declare(next.webhooks);
      alerts.declare(next.alerts);
    },
    onPolled: (result) => alerts.recordPoll(result),
    onProblems(problems) {
      active.problems = problems;
      alerts.setProblems(problems);
    },
  });
}

/** The declarations that the server uses, and why newer ones in FEEDS_DIR cannot be used. */
interface ActiveDeclarations {
  declarations: Declarations;
  problems: readonly ConfigProblem[];
  /** When the declarations were read, epoch ms. */
  readMs: number;
}

/** Resolves when the poll lock is no longer held. */
function watchPollLock(store: Store, shutdown: Shutdown): Promise<void> {
  const lost = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (!store.holdsPollLock()) lost.resolve();
  }, lockCheckMs);
  shutdown.onStop('poll lock', () => clearInterval(timer));
  return lost.promise;
}

/** Warns only, and leaves the permissions: the operator may have chosen them, for a backup by another user. */
function warnOfOpenFiles(store: Store, log: Log): void {
  const open = store.filesOpenToOthers();
  if (open.length === 0) return;
  const files = open.map(({ file, mode }) => ({ file, mode: mode.toString(8).padStart(4, '0') }));
  const remedy = `chmod 600 ${open.map(({ file }) => `'${file.replaceAll("'", "'\\''")}'`).join(' ')}`;
  log.warn({ files, remedy }, 'other users of this machine can open the database, which holds secrets');
}
