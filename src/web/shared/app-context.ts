import type { IncomingMessage } from 'node:http';
import type { Handler } from 'hono';
import type { ConfigProblem } from '../../domain/config-error.ts';
import type { Site } from '../../domain/polling/source.ts';
import type { StorageState } from '../../domain/storage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { QueryLimit } from '../http/limits/query-limit.ts';
import type { MetricsEndpoint } from '../http/routes/metrics-route.ts';
import type { SessionHour } from '../live/session/session-history.ts';
import type { WebSubEndpoints } from '../websub/websub-routes.ts';
import type { ReadPort } from './read-port.ts';
import type { Readers } from './readers-port.ts';

/** What the web is put together from. */
export interface AppContext {
  readonly reads: ReadPort;
  /** Base of every absolute address that we emit, without a trailing slash. Asked anew each time: the port may be chosen late, the site's words may be reloaded. */
  publicUrl(): string;
  site(): Site;
  /** What answers below `/websub`; null or absent: WebSub is off. */
  readonly websub?: WebSubEndpoints | null;
  /** The hub of our output feeds, absolute; null or absent: WebSub is off. */
  hubUrl?(): string | null;
  /** Names of the tabs, in their order. */
  sections(): readonly string[];
  /** Whether the server can answer: by name of what was looked at. */
  ready(): Promise<Readonly<Record<string, boolean>>>;
  /** The fault of the database's storage; null: there is none; absent: it is not known here. */
  storage?(): StorageState | null;
  /** Answers `/events`, the log as server-sent events; null: there is none on this node. */
  readonly eventStream: Handler | null;
  /** Of Newswire. */
  readonly version: string;
  /** Reads and comments; null: nobody counts or comments on this node. */
  readonly readers: Readers | null;
  /** Whose request this is. */
  clientAddress(request: IncomingMessage): string;
  /** Charges clients for queries whose cost they choose; absent: nobody is charged. */
  readonly queryLimit?: QueryLimit;
  /** The figures of this process; null: there are none. */
  readonly metrics: MetricsEndpoint | null;
  /** What keeps declarations from coming into force at present; absent: it is not known here. */
  configProblems?(): readonly ConfigProblem[];
  /** Live connections over the last day, oldest hour first; absent: they are not counted. */
  sessionHistory?(): readonly SessionHour[];
  /**
   * Equal as long as neither the database nor the declarations have changed, whoever changed them; null or absent: it
   * cannot be told.
   */
  stateMark?(): string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Origins, such as `http://127.0.0.1:8080`, whose pictures pages show besides those that come over https. */
  readonly pictureOrigins?: readonly string[];
  /** The built folder of scripts, styles and icons: `dist/public`. */
  readonly assetsDir: string;
}
