import type { IncomingMessage } from 'node:http';
import type { Handler } from 'hono';
import type { ConfigProblem } from '../../domain/config-error.ts';
import type { Site } from '../../domain/polling/source.ts';
import type { StorageState } from '../../domain/storage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { AdminPort } from './admin-port.ts';
import type { QueryLimit } from './query-limit.ts';
import type { ReadPort } from './read-port.ts';
import type { Readers } from './readers-port.ts';

/** The metrics of this process, and who may read them from another machine. */
interface MetricsEndpoint {
  readonly contentType: string;
  read(): Promise<string>;
  /** METRICS_TOKEN; null: not set, so only this machine may read. */
  readonly token: string | null;
}

/** The live connections within one hour. */
export interface SessionHour {
  readonly hourMs: number;
  /** The highest number of connections at one time. */
  readonly peak: number;
}

export interface AppContext {
  readonly reads: ReadPort;
  /** The base of all our absolute URLs, without a trailing slash. A function: the port may be chosen at the start. */
  readonly publicUrl: string;
  /** A function: the declarations can be reloaded. */
  site(): Site;
  /** The URL of the hub of our output feeds. Null or absent: WebSub is off. */
  hubUrl?(): string | null;
  /** The names of the tabs, in their order. */
  sections(): readonly string[];
  /** Whether the server is ready, by name of the check. */
  ready(): Promise<Readonly<Record<string, boolean>>>;
  /** The fault of the database's storage. Null: none. Absent: unknown in this process. */
  storage?(): StorageState | null;
  /** Handles `/events`, the log as server-sent events. Null: this node does not serve it. */
  readonly eventStream: Handler | null;
  readonly version: string;
  /** Visits and comments. Null: this node does not count or accept any. */
  readonly readers: Readers | null;
  /** The admin pages; null or absent: they are off. */
  readonly admin?: AdminPort | null;
  /** The address of the client, proxies that the operator trusts left out. */
  clientAddress(request: IncomingMessage): string;
  /** Absent: queries are not limited. */
  readonly queryLimit?: QueryLimit;
  /** Null: this process has no metrics. */
  readonly metrics: MetricsEndpoint | null;
  /** Why newer declarations are not active. Absent: unknown in this process. */
  configProblems?(): readonly ConfigProblem[];
  /** Which of the active declarations are ignored, and why. Absent: unknown in this process. */
  configWarnings?(): readonly ConfigProblem[];
  /** The live connections of the last day, oldest hour first. Absent: they are not counted. */
  sessionHistory?(): readonly SessionHour[];
  /**
   * Equal while neither the database nor the declarations have changed, whichever process changed them. Null or absent:
   * unknown, and no response is cached.
   */
  dataVersion?(): string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Origins such as `http://127.0.0.1:8080`, whose pictures pages show besides those served over https. */
  readonly pictureOrigins?: readonly string[];
  /** The built folder of scripts, stylesheets and icons: `dist/public`. */
  readonly assetsDir: string;
}
