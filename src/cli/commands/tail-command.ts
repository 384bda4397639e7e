import { type ClientError, type ClientState, NewswireClient, type WireFilter } from '../../client/client.ts';
import { readSettings } from '../../config/environment/environment.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { TailFormatter } from '../output/tail-formatter.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';

export interface TailOptions {
  readonly section?: readonly string[];
  readonly source?: readonly string[];
  readonly q?: string;
  /** A cursor, `head` or `floor`. */
  readonly after?: string;
  /** Of the server; by default where the environment says that one listens here. */
  readonly url?: string;
  readonly json?: boolean;
}

/** How long an address may be silent that has never answered. */
const patience = { attempts: 4, ms: 20_000 };

/** `newswire tail`: shows what is published, line by line, until a signal. Remarks go to stderr. */
export async function tail(io: CliIo, options: TailOptions, clock: Clock = systemClock): Promise<number> {
  const url = options.url ?? localUrl(io);
  const client = new NewswireClient(url, {
    filter: filterOf(options),
    after: options.after ?? 'head',
    // What cannot be replayed is said on stderr; a list of the newest items would pass for news here.
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

/** Where a server with this environment listens. */
function localUrl(io: CliIo): string {
  const { host, port, publicUrl } = readSettings(io.env);
  if (port === 0 && publicUrl !== null) return publicUrl;
  if (port === 0) throw new CommandError('PORT is 0, so the server may be anywhere; say where it is with --url');
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function printItems(client: NewswireClient, io: CliIo, how: { readonly json: boolean; readonly clock: Clock }): void {
  const lines = new TailFormatter(io.columns, () => how.clock.now());
  client.on('item', (change) => io.out(`${how.json ? JSON.stringify(change) : lines.format(change)}\n`));
  client.on('reset', ({ reason, cursor }) => {
    io.err(`what happened before cannot be told any more (${reason}); going on after ${cursor}\n`);
  });
}

/** Resolves at the first signal. */
async function watch(client: NewswireClient, io: CliIo, url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const place = cleanLine(url);
  const silent = (): void =>
    reject(new CommandError(`no Newswire answers at ${place}; is the server running, and is it this address?`));
  const timer = setTimeout(silent, patience.ms);
  const off = io.onSignal(() => resolve(exitCodes.done));
  const connection = new Connection(io, place);
  client.on('state', (state) => {
    connection.enter(state);
    if (connection.answered) clearTimeout(timer);
    else if (connection.attempts >= patience.attempts) silent();
  });
  client.on('error', (problem) => {
    if (problem.fatal) reject(new CommandError(`${place} refuses: ${cleanLine(problem.message)}`));
    else if (connection.answered) io.err(`${remarkOn(problem)}\n`);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    off();
  }
}

function remarkOn({ code, message, cause }: ClientError): string {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return cleanLine(`${code}: ${message}${reason}`);
}

/** Says how the connection stands, where that is worth a line. */
class Connection {
  answered = false;
  /** That came to nothing, before the first answer. */
  attempts = 0;
  readonly #io: CliIo;
  readonly #place: string;
  #cut = true;

  constructor(io: CliIo, place: string) {
    this.#io = io;
    this.#place = place;
  }

  enter(state: ClientState): void {
    if (state === 'catching-up') this.answered = true;
    else if (state === 'waiting' && !this.answered) this.attempts += 1;
    else if (state === 'waiting' && !this.#cut) this.#say('connection lost; trying again', true);
    else if (state === 'live' && this.#cut) this.#say(`live at ${this.#place}; Ctrl+C ends it`, false);
  }

  #say(text: string, cut: boolean): void {
    this.#cut = cut;
    this.#io.err(`${text}\n`);
  }
}
