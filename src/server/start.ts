import type { Settings } from '../config/environment/environment.ts';
import { processEnvironment } from '../config/environment/environment.ts';
import { readDeclarations } from '../config/read-declarations.ts';
import type { ConfigProblem } from '../domain/config-error.ts';
import type { Declarations } from '../domain/polling/source.ts';
import { createMemoryDoorbell } from '../push/doorbell-memory.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { createLog, demoteReportedErrors, type Log } from '../runtime/log.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import type { Store } from '../store/engine/store.ts';
import { openStore } from '../store/open-store.ts';
import { createMetrics } from './metrics-registry.ts';
import { startServing } from './serving.ts';
import { startPolling } from './start-polling.ts';
import { startWebhooks } from './start-webhooks.ts';

export interface ServerOptions {
  readonly settings: Settings;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Instead of what FEEDS_DIR says, which is not watched then. */
  readonly declarations?: Declarations;
  /** Origins from which pictures may be shown although they are not https. */
  readonly pictureOrigins?: readonly string[];
  /** Opens the database, instead of `openStore`. */
  readonly open?: typeof openStore;
}

/** A running server. */
export interface RunningServer {
  /** Where it listens. */
  readonly url: string;
  /** Takes no more work, says goodbye to readers, finishes what runs and closes the database. */
  stop(): Promise<void>;
}

/**
 * Starts the server: config, database, answering, polling, in this order, so that whoever can ask gets an answer.
 *
 * @throws ConfigError when what the operator said cannot be used; nothing is left running then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { settings, pictureOrigins = [], clock = systemClock, open = openStore } = options;
  const log = demoteReportedErrors(options.log ?? createLog(settings.logLevel));
  const declared = options.declarations ?? (await readDeclarations(settings.feedsDir, processEnvironment()));
  const shutdown = createShutdown(log);
  try {
    const store = await open({ url: settings.databaseUrl, poller: settings.roles.has('poll'), log, clock });
    shutdown.onStop('database', () => store.close());
    warnOfOpenFiles(store, log);
    let inForce = declared;
    let problems: readonly ConfigProblem[] = [];
    const doorbell = createMemoryDoorbell();
    const metrics = createMetrics(clock);
    const hubBell = createMemoryDoorbell();
    const declarations = { declarations: () => inForce, configProblems: () => problems };
    const common = { settings, store, clock, log, shutdown, metrics, hubBell };
    const address = settings.roles.has('serve')
      ? await startServing({ ...common, ...declarations, doorbell, pictureOrigins })
      : { url: '', publicUrl: settings.publicUrl ?? 'http://localhost' };
    if (settings.roles.has('serve')) log.info({ url: address.url }, 'listening');
    if (settings.roles.has('poll')) {
      const webhooks = startWebhooks({ ...common, doorbell, publicUrl: address.publicUrl });
      await startPolling({
        ...common,
        declarations: declared,
        watched: options.declarations === undefined,
        publicUrl: address.publicUrl,
        ring: (head) => void doorbell.notify(head),
        onDeclared: (next) => {
          inForce = next;
          webhooks.declare(next.webhooks);
          problems = [];
        },
        onProblems: (found) => {
          problems = found;
        },
      });
      log.info({ sources: declared.sources.length }, 'polling');
    }
    return { url: address.url, stop: () => shutdown.stop() };
  } catch (error) {
    await shutdown.stop();
    throw error;
  }
}

/** The operator may have chosen these permissions, for a backup by another user, so they are left as they are. */
function warnOfOpenFiles(store: Store, log: Log): void {
  const open = store.filesOpenToOthers();
  if (open.length === 0) return;
  const files = open.map(({ file, mode }) => ({ file, mode: mode.toString(8).padStart(4, '0') }));
  const remedy = `chmod 600 ${open.map(({ file }) => `'${file.replaceAll("'", "'\\''")}'`).join(' ')}`;
  log.warn({ files, remedy }, 'other users of this machine can open the database, which holds secrets');
}
