import type { Settings } from './config/environment.ts';
import { processEnvironment } from './config/environment.ts';
import { readDeclarations } from './config/sources.ts';
import type { ConfigProblem } from './domain/config-error.ts';
import type { Declarations } from './domain/source.ts';
import { createMetrics } from './metrics.ts';
import { startPolling } from './polling.ts';
import { createMemoryDoorbell } from './push/doorbell-memory.ts';
import { type Clock, systemClock } from './runtime/clock.ts';
import { createLog, type Log } from './runtime/log.ts';
import { createShutdown } from './runtime/shutdown.ts';
import { startServing } from './serving.ts';
import { openStore } from './store/open.ts';
import { startWebhooks } from './webhooks.ts';

export interface ServerOptions {
  readonly settings: Settings;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Instead of what FEEDS_DIR says, which is not watched then. */
  readonly declarations?: Declarations;
  /** Origins from which pictures may be shown although they are not https. */
  readonly pictureOrigins?: readonly string[];
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
  const { settings, pictureOrigins = [], clock = systemClock, log = createLog(settings.logLevel) } = options;
  const declared = options.declarations ?? (await readDeclarations(settings.feedsDir, processEnvironment()));
  const shutdown = createShutdown(log);
  try {
    const store = await openStore({ url: settings.databaseUrl, poller: settings.roles.has('poll') });
    shutdown.onStop('database', () => store.close());
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
        ring: (head) => void doorbell.ring(head),
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
