import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type CommentAction, commentActions, commentStates } from '../domain/comments/comment.ts';
import { ConfigError } from '../domain/config-error.ts';
import { parseCursor } from '../domain/events/event.ts';
import { cleanLine } from '../runtime/clean-line.ts';
import { version } from '../runtime/version.ts';
import { add } from './commands/add-command.ts';
import { check } from './commands/check-command.ts';
import { checkUrl } from './commands/check-url-command.ts';
import { listComments, moderate } from './commands/comments-command.ts';
import { demo } from './commands/demo-command.ts';
import { parse } from './commands/parse-command.ts';
import { refresh } from './commands/refresh-command.ts';
import { serve } from './commands/serve-command.ts';
import { listSources } from './commands/sources-command.ts';
import { tail } from './commands/tail-command.ts';
import { listWebhooks, replayWebhook, resumeWebhook } from './commands/webhooks-command.ts';
import { withdraw } from './commands/withdraw-command.ts';
import { printProblems } from './output/print.ts';
import { type CliIo, CommandError, exitCodes } from './shared/io.ts';

/**
 * Runs one command of `newswire`.
 *
 * @param args what stands behind the program's name.
 * @returns the exit code: 0 done, 1 failed, 2 bad usage or bad configuration.
 */
export async function runCommand(args: readonly string[], io: CliIo): Promise<number> {
  let code: number = exitCodes.done;
  const program = describeProgram(io, async (command) => {
    code = await command;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, io);
  }
}

type Run = (command: Promise<number>) => Promise<void>;

function describeProgram(io: CliIo, run: Run): Command {
  const program = new Command('newswire')
    .description('A news-feed aggregator server with real-time push.')
    .version(version, '-V, --version')
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError('Run with --help to see what there is.')
    .exitOverride();
  describeServing(program, { io, run });
  describeSources(program, { io, run });
  describeItems(program, { io, run });
  describeWebhooks(program, { io, run });
  describeComments(program, { io, run });
  return program;
}

interface Runner {
  readonly io: CliIo;
  readonly run: Run;
}

function describeServing(program: Command, { io, run }: Runner): void {
  program
    .command('serve')
    .description('run the server; configured by the environment, see "check --print-config"')
    .action(async () => await run(serve(io)));
  program
    .command('check')
    .description('say whether the environment and FEEDS_DIR are right; or what a feed or a site would be as a source')
    .argument('[url]', 'of a feed, or of a page that names its feeds')
    .option('--print-config', 'show every variable, its value and its meaning')
    .option('--json', 'for machines')
    .action(
      async (url: string | undefined, options) =>
        await run(url === undefined ? check(io, options) : checkUrl(io, url, options)),
    );
  program
    .command('demo')
    .description('run a server on made-up news that needs no network and no configuration')
    .option('--every <seconds>', 'time between two publications', positive, 4)
    .option('--seed <number>', 'the same seed tells the same stories', positive, 1)
    .action(async (options) => await run(demo(io, options)));
}

function describeSources(program: Command, { io, run }: Runner): void {
  program
    .command('add')
    .description('declare a feed, or the best feed of a page, after reading it once')
    .argument('<url>', 'of a feed, or of a page that names its feeds')
    .option('--section <name>', 'the heading to stand under; otherwise the first')
    .option('--file <name>', 'the file of FEEDS_DIR to write to', 'sources.yaml')
    .option('--json', 'for machines')
    .action(async (url: string, options) => await run(add(io, url, options)));
  program
    .command('sources')
    .description('say how each source is doing')
    .option('--all', 'removed sources too')
    .option('--json', 'for machines')
    .action(async (options) => await run(listSources(io, options)));
  program
    .command('refresh')
    .description('have sources read now, all of them or those named')
    .argument('[ids...]', 'ids of sources')
    .action(async (ids: readonly string[]) => await run(refresh(io, ids)));
  program
    .command('parse')
    .description('read feeds from files, as the server would, and say what is in them')
    .argument('[files...]', 'documents of any format')
    .option('--index <file>', 'read what this JSON Lines file lists: file, content_type, base_url')
    .option('--content-type <type>', 'the Content-Type that the files came with')
    .option('--url <url>', 'where the files came from: the base of relative links')
    .option('--jsonl', 'for machines: one JSON object a file')
    .action(async (files: readonly string[], options) => await run(parse(io, files, options)));
}

function describeItems(program: Command, { io, run }: Runner): void {
  program
    .command('tail')
    .description('show what is published, as it is published')
    .option('--section <name...>', 'only of these sections')
    .option('--source <id...>', 'only of these sources')
    .option('--q <words>', 'only what a search for these words would find')
    .option('--after <place>', 'begin after a cursor, at "head" or at "floor"', place, 'head')
    .option('--url <address>', 'of the server; by default the one that the environment describes', webAddress)
    .option('--json', 'for machines: one event a line')
    .action(async (options) => await run(tail(io, options)));
  program
    .command('withdraw')
    .description('take items out of pages, feeds and search, and tell live readers')
    .argument('<items...>', 'numbers of items, addresses of their pages, or of the originals')
    .option('--undo', 'take the withdrawal back')
    .option('--json', 'for machines')
    .action(async (items: readonly string[], options) => await run(withdraw(io, items, options)));
}

function describeWebhooks(program: Command, { io, run }: Runner): void {
  const webhooks = program
    .command('webhooks')
    .description('say how far each webhook has come and how its deliveries go')
    .option('--all', 'removed ones too')
    .option('--json', 'for machines')
    .action(async (options) => await run(listWebhooks(io, options)));
  webhooks
    .command('replay')
    .description('deliver once more what follows a place in the log')
    .argument('<id>', 'of the webhook')
    .requiredOption('--after <place>', 'a cursor, "floor" or "head"', place)
    .action(async (id: string, options) => await run(replayWebhook(io, id, options)));
  webhooks
    .command('resume')
    .description('try again now, also after a 410')
    .argument('<id>', 'of the webhook')
    .action(async (id: string) => await run(resumeWebhook(io, id)));
}

function describeComments(program: Command, { io, run }: Runner): void {
  const comments = program.command('comments').description('list what readers wrote, and decide what is shown');
  comments
    .command('list', { isDefault: true })
    .description('list comments, newest first')
    .option('--state <state>', `${commentStates.join(', ')} or all`, commentState, 'pending')
    .option('--limit <number>', 'list so many at most', positive, 50)
    .option('--json', 'for machines')
    // Being the default, it is handed whatever is no command.
    .allowExcessArguments()
    .action(async (options, { args: [word] }: Command) => {
      if (word !== undefined) comments.error(`error: unknown command '${cleanLine(word)}'`);
      await run(listComments(io, options));
    });
  for (const action of commentActions) {
    comments
      .command(action)
      .description(actionWords[action])
      .argument('<ids...>', 'numbers of comments')
      .option('--json', 'for machines')
      .action(
        async (ids: readonly string[], options: { json?: boolean }) =>
          await run(moderate(io, { action, ids, json: options.json ?? false })),
      );
  }
}

const actionWords: Readonly<Record<CommentAction, string>> = {
  approve: 'show comments on their items',
  reject: 'show comments no more',
  spam: 'the same, because they are spam',
  undo: 'take the last decision on comments back',
};

function commentState(text: string): string {
  if (text === 'all' || commentStates.some((state) => state === text)) return text;
  throw new InvalidArgumentError(`It is ${commentStates.join(', ')} or all.`);
}

function place(text: string): string {
  if (text === 'head' || text === 'floor' || parseCursor(text) !== null) return text;
  throw new InvalidArgumentError('It is a cursor, like k3f9-1042, or "head" or "floor".');
}

function webAddress(text: string): string {
  if (/^(?:https?|wss?):\/\//i.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('It is an address, like http://127.0.0.1:3000.');
}

function positive(text: string): number {
  const value = /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError('It has to be a number above 0.');
  return value;
}

function explain(error: unknown, io: CliIo): number {
  if (error instanceof ConfigError) {
    printProblems(io, error.problems);
    return exitCodes.badUsage;
  }
  // Help and version are told by an exception too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badUsage;
  const reason = error instanceof Error ? error.message : String(error);
  io.err(`newswire: ${cleanLine(reason, 500)}\n`);
  if (!(error instanceof CommandError) && io.env['LOG_LEVEL'] === 'debug' && error instanceof Error) {
    io.err(`${error.stack ?? ''}\n`);
  }
  return exitCodes.failed;
}
