import { type ClientError, type ClientState, NewswireClient, type WireFilter } from '../../client/client.ts';
import { readSettings } from '../../config/environment/environment.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { TailFormatter } from '../output/tail-formatter.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { localServerUrl } from '../shared/local-url.ts';

export interface TailOptions {
  readonly section?: readonly string[];
  readonly source?: readonly string[];
  readonly q?: string;
  /** A cursor, `head` or `floor`. */
  readonly after?: string;
  /** URL of the server. Default: the address configured in the environment. */
  readonly url?: string;
  readonly json?: boolean;
}

/** When to give up on a server that has never answered. */
const giveUpAfter = { attempts: 4, ms: 20_000 };

/** `newswire tail`: prints events, one per line, until a signal. Notes go to stderr. */
export async function tail(io: CliIo, options: TailOptions, clock: Clock = systemClock): Promise<number> {
  const url = options.url ?? localUrl(io);
  const client = new NewswireClient(url, {
    filter: filterOf(options),
    after: options.after ?? 'head',
    // A reset is reported on stderr. A snapshot would look like new items here.
    snapshotLimit: 0,
  });
  printItems(client, io, { json: options.json ?? false, clock });
  try {
    return await watch(client, io, url);
  } finally {
    client.close();
  }
}

function filterOf({ section = [], source = [], q }: TailOptions): WireFilter {
  return {
    ...(section.length > 0 ? { sections: section } : {}),
    ...(source.length > 0 ? { sources: source } : {}),
    ...(q === undefined ? {} : { q }),
  };
}

/** The URL of a server with this environment. */
function localUrl(io: CliIo): string {
  const settings = readSettings(io.env);
  const url = localServerUrl(settings) ?? settings.publicUrl;
  if (url === null) throw new CommandError('PORT is 0, so the address of the server is not known; give it with --url');
  return url;
}

function printItems(client: NewswireClient, io: CliIo, how: { readonly json: boolean; readonly clock: Clock }): void {
  const lines = new TailFormatter(io.columns, () => how.clock.now());
  client.on('item', (change) => io.out(`${how.json ? JSON.stringify(change) : lines.format(change)}\n`));
  client.on('reset', ({ reason, cursor }) => {
    io.err(`earlier events cannot be replayed (${reason}); continuing after ${cursor}\n`);
  });
}

/** Resolves at the first signal. */
async function watch(client: NewswireClient, io: CliIo, url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const address = cleanLine(url);
  const silent = (): void =>
    reject(
      new CommandError(
        `no Newswire server answers at ${address}; check that it is running and that the address is right`,
      ),
    );
  const timer = setTimeout(silent, giveUpAfter.ms);
  const off = io.onSignal(() => resolve(exitCodes.done));
  const connection = new Connection(io, address);
  client.on('state', (state) => {
    connection.setState(state);
    if (connection.answered) clearTimeout(timer);
    else if (connection.attempts >= giveUpAfter.attempts) silent();
  });
  client.on('error', (problem) => {
    if (problem.fatal) reject(new CommandError(`${address} refused: ${cleanLine(problem.message)}`));
    else if (connection.answered) io.err(`${noteOn(problem)}\n`);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    off();
  }
}

function noteOn({ code, message, cause }: ClientError): string {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return cleanLine(`${code}: ${message}${reason}`);
}

/** Reports changes of the connection. */
class Connection {
  answered = false;
  /** Failed attempts before the first answer. */
  attempts = 0;
  readonly #io: CliIo;
  readonly #address: string;
  #isDown = true;

  constructor(io: CliIo, address: string) {
    this.#io = io;
    this.#address = address;
  }

  setState(state: ClientState): void {
    if (state === 'catching-up') this.answered = true;
    else if (state === 'waiting' && !this.answered) this.attempts += 1;
    else if (state === 'waiting' && !this.#isDown) this.#print('connection lost; reconnecting', true);
    else if (state === 'live' && this.#isDown)
      this.#print(`connected to ${this.#address}; press Ctrl+C to stop`, false);
  }

  #print(text: string, isDown: boolean): void {
    this.#isDown = isDown;
    this.#io.err(`${text}\n`);
  }
}
