import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type CommentAction, commentActions, commentStates } from '../domain/comments/comment.ts';
import { ConfigError } from '../domain/config-error.ts';
import { parseCursor } from '../domain/events/event.ts';
import { cleanLine } from '../runtime/clean-line.ts';
import { version } from '../runtime/version.ts';
import { add } from './commands/add-command.ts';
import { listAlerts, testAlerts } from './commands/alerts-command.ts';
import { backup } from './commands/backup-command.ts';
import { check } from './commands/check-command.ts';
import { checkUrl } from './commands/check-url-command.ts';
import { listComments, moderate } from './commands/comments-command.ts';
import { demo } from './commands/demo-command.ts';
import { doctor } from './commands/doctor-command.ts';
import { exportSources } from './commands/export-command.ts';
import { importSources } from './commands/import-command.ts';
import { parse } from './commands/parse-command.ts';
import { refresh } from './commands/refresh-command.ts';
import { restoreBackup } from './commands/restore-command.ts';
import { serve } from './commands/serve-command.ts';
import { listSources } from './commands/sources-command.ts';
import { tail } from './commands/tail-command.ts';
import { listWebhooks, replayWebhook, resumeWebhook } from './commands/webhooks-command.ts';
import { withdraw } from './commands/withdraw-command.ts';
import { formatExamples } from './output/help-examples.ts';
import { printProblems } from './output/print.ts';
import { type CliIo, CommandError, exitCodes } from './shared/io.ts';

/**
 * Runs one command of `newswire`.
 *
 * @param args the arguments after the program name.
 * @returns the exit code: 0 success, 1 failure, 2 invalid usage or configuration.
 */
export async function runCommand(args: readonly string[], io: CliIo): Promise<number> {
  let code: number = exitCodes.done;
  const program = createProgram(io, async (command) => {
    code = await command;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return reportError(error, io);
  }
}

type Run = (command: Promise<number>) => Promise<void>;

function createProgram(io: CliIo, run: Run): Command {
  const program = new Command('newswire')
    .description('A news-feed aggregator server with real-time push.')
    .version(version, '-V, --version')
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError('Run with --help for usage.')
    .exitOverride();
  addServerCommands(program, { io, run });
  addSourceCommands(program, { io, run });
  addTransferCommands(program, { io, run });
  addItemCommands(program, { io, run });
  addWebhookCommands(program, { io, run });
  addAlertCommands(program, { io, run });
  addCommentCommands(program, { io, run });
  addDatabaseCommands(program, { io, run });
  return program;
}

interface Runner {
  readonly io: CliIo;
  readonly run: Run;
}

function addServerCommands(program: Command, { io, run }: Runner): void {
  program
    .command('serve')
    .description('run the server; see "check --print-config" for its environment variables')
    .action(async () => await run(serve(io)));
  program
    .command('check')
    .description('validate the environment and FEEDS_DIR; with a URL, show how a feed would be processed')
    .argument('[url]', 'of a feed, or of a page that links to feeds')
    .option('--print-config', 'print every variable with its value and meaning')
    .option('--json', 'print JSON')
    .action(
      async (url: string | undefined, options) =>
        await run(url === undefined ? check(io, options) : checkUrl(io, url, options)),
    );
  program
    .command('doctor')
    .description(
      'check machine, configuration, database, network and the running server; exit code 1 for warnings, 2 for errors',
    )
    .option('--sources', 'also read each source once, without storing anything')
    .option('--json', 'print JSON')
    .addHelpText('after', formatExamples(['newswire doctor', 'newswire doctor --sources --json']))
    .action(async (options) => await run(doctor(io, options)));
  program
    .command('demo')
    .description('run a server with generated news; needs no network and no configuration')
    .option('--every <seconds>', 'time between two publications', positive, 4)
    .option('--seed <number>', 'seed of the generated news', positive, 1)
    .action(async (options) => await run(demo(io, options)));
}

function addSourceCommands(program: Command, { io, run }: Runner): void {
  program
    .command('add')
    .description('read a feed, or the best feed of a page, once and declare it as a source')
    .argument('<url>', 'of a feed, or of a page that links to feeds')
    .option('--section <name>', 'section of the source; default: the first section')
    .option('--file <name>', 'file in FEEDS_DIR to write to', 'sources.yaml')
    .option('--json', 'print JSON')
    .action(async (url: string, options) => await run(add(io, url, options)));
  program
    .command('sources')
    .description('show the state of each source')
    .option('--all', 'include removed sources')
    .option('--json', 'print JSON')
    .action(async (options) => await run(listSources(io, options)));
  program
    .command('refresh')
    .description('poll all sources, or the given ones, now')
    .argument('[ids...]', 'ids of sources')
    .action(async (ids: readonly string[]) => await run(refresh(io, ids)));
  program
    .command('parse')
    .description('parse feeds from files as the server does, and print their contents')
    .argument('[files...]', 'feed documents of any format')
    .option('--index <file>', 'JSON Lines file that lists the documents: file, content_type, base_url')
    .option('--content-type <type>', 'Content-Type of the files')
    .option('--url <url>', 'URL of the files: the base of relative links')
    .option('--jsonl', 'print one JSON object per file')
    .action(async (files: readonly string[], options) => await run(parse(io, files, options)));
}

function addTransferCommands(program: Command, { io, run }: Runner): void {
  program
    .command('import')
    .description('declare the feeds of an OPML document, as exported by other readers, as sources')
    .argument('<document>', 'file or URL of the OPML document')
    .option('--section <name>', 'section of all sources; default: the headings of the document')
    .option('--file <name>', 'file in FEEDS_DIR to write to', 'sources.yaml')
    .option('--dry-run', 'write nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      formatExamples([
        'newswire import subscriptions.opml --dry-run',
        'newswire import https://example.org/feeds.opml',
      ]),
    )
    .action(async (document: string, options) => await run(importSources(io, document, options)));
  program
    .command('export')
    .description('write the sources as OPML, or all declarations as one YAML file')
    .argument('[file]', 'file to write to; default: stdout')
    .option('--opml', 'OPML 2.0, which other readers import')
    .option('--yaml', 'YAML, with the settings of the sources')
    .addHelpText(
      'after',
      formatExamples(['newswire export --opml subscriptions.opml', 'newswire export --yaml > declarations.yaml']),
    )
    .action(async (file: string | undefined, options) => await run(exportSources(io, file, options)));
}

function addItemCommands(program: Command, { io, run }: Runner): void {
  program
    .command('tail')
    .description('print items as they are published')
    .option('--section <name...>', 'only of these sections')
    .option('--source <id...>', 'only of these sources')
    .option('--q <words>', 'only items that match this search')
    .option('--after <cursor>', 'start after a cursor, at "head" or at "floor"', startPosition, 'head')
    .option('--url <address>', 'URL of the server; default: from the environment', webAddress)
    .option('--json', 'print one JSON object per event')
    .action(async (options) => await run(tail(io, options)));
  program
    .command('withdraw')
    .description('remove items from pages, feeds and search, and notify live clients')
    .argument('<items...>', 'item numbers, or URLs of their pages or of the originals')
    .option('--undo', 'restore withdrawn items')
    .option('--json', 'print JSON')
    .action(async (items: readonly string[], options) => await run(withdraw(io, items, options)));
}

function addWebhookCommands(program: Command, { io, run }: Runner): void {
  const webhooks = program
    .command('webhooks')
    .description('show position and delivery state of each webhook')
    .option('--all', 'include removed webhooks')
    .option('--json', 'print JSON')
    .action(async (options) => await run(listWebhooks(io, options)));
  webhooks
    .command('replay')
    .description('deliver all events after a cursor again')
    .argument('<id>', 'id of the webhook')
    .requiredOption('--after <cursor>', 'a cursor, "floor" or "head"', startPosition)
    .action(async (id: string, options) => await run(replayWebhook(io, id, options)));
  webhooks
    .command('resume')
    .description('retry now, also after a 410')
    .argument('<id>', 'id of the webhook')
    .action(async (id: string) => await run(resumeWebhook(io, id)));
}

const alertsExamples = `
Examples:
  newswire alerts                 show each receiver with its last delivery
  newswire alerts test on-call    send a test alert to the receiver "on-call"
`;

function addAlertCommands(program: Command, { io, run }: Runner): void {
  const alerts = program
    .command('alerts')
    .description('show each receiver of alerts with its last delivery')
    .option('--json', 'print JSON')
    .addHelpText('after', alertsExamples)
    .action(async (options) => await run(listAlerts(io, options)));
  alerts
    .command('test')
    .description('send a test alert to all receivers, or to one; exit code 1 if one does not accept it')
    .argument('[id]', 'id of a receiver')
    .option('--json', 'print JSON')
    .addHelpText('after', alertsExamples)
    .action(
      // The parent has the same option and receives it first.
      async (id: string | undefined, _own, command: Command) =>
        await run(testAlerts(io, id, command.optsWithGlobals())),
    );
}

function addCommentCommands(program: Command, { io, run }: Runner): void {
  const comments = program.command('comments').description('list and moderate comments');
  comments
    .command('list', { isDefault: true })
    .description('list comments, newest first')
    .option('--state <state>', `${commentStates.join(', ')} or all`, commentState, 'pending')
    .option('--limit <number>', 'maximum number of comments', positive, 50)
    .option('--json', 'print JSON')
    // The default subcommand also receives unknown words.
    .allowExcessArguments()
    .action(async (options, { args: [word] }: Command) => {
      if (word !== undefined) comments.error(`error: unknown command '${cleanLine(word)}'`);
      await run(listComments(io, options));
    });
  for (const action of commentActions) {
    comments
      .command(action)
      .description(actionDescriptions[action])
      .argument('<ids...>', 'comment numbers')
      .option('--json', 'print JSON')
      .action(
        async (ids: readonly string[], options: { json?: boolean }) =>
          await run(moderate(io, { action, ids, json: options.json ?? false })),
      );
  }
}

function addDatabaseCommands(program: Command, { io, run }: Runner): void {
  program
    .command('backup')
    .description('copy the database into a file, also while a server is using it')
    .argument('<file>', 'file to write; an earlier backup of that name is replaced. With --keep, a folder')
    .option('--keep <number>', 'write a dated file into the folder, and keep so many of them', count)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      formatExamples(['newswire backup /backups/newswire.backup', 'newswire backup --keep 7 /backups']),
    )
    .action(async (file: string, options) => await run(backup(io, file, options)));
  program
    .command('restore')
    .description('replace the database by a backup, and keep the former one beside it; stop the server first')
    .argument('<file>', 'a file that "newswire backup" wrote')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      formatExamples(['newswire restore /backups/newswire.backup', 'newswire restore --json newswire.backup']),
    )
    .action(async (file: string, options) => await run(restoreBackup(io, file, options)));
}

const actionDescriptions: Readonly<Record<CommentAction, string>> = {
  approve: 'show comments',
  reject: 'hide comments',
  spam: 'hide comments as spam',
  undo: 'undo the last decision on comments',
};

function commentState(text: string): string {
  if (text === 'all' || commentStates.some((state) => state === text)) return text;
  throw new InvalidArgumentError(`Use ${commentStates.join(', ')} or all.`);
}

function startPosition(text: string): string {
  if (text === 'head' || text === 'floor' || parseCursor(text) !== null) return text;
  throw new InvalidArgumentError('Use a cursor such as k3f9-1042, "head" or "floor".');
}

function webAddress(text: string): string {
  if (/^(?:https?|wss?):\/\//i.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Use a URL such as http://127.0.0.1:3000.');
}

function positive(text: string): number {
  const value = /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError('Use a number greater than 0.');
  return value;
}

function count(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Use a whole number from 1 to 99999.');
}

function reportError(error: unknown, io: CliIo): number {
  if (error instanceof ConfigError) {
    printProblems(io, error.problems);
    return exitCodes.badUsage;
  }
  // commander also throws for --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badUsage;
  const reason = error instanceof Error ? error.message : String(error);
  io.err(`newswire: ${cleanLine(reason, 500)}\n`);
  if (!(error instanceof CommandError) && io.env['LOG_LEVEL'] === 'debug' && error instanceof Error) {
    io.err(`${error.stack ?? ''}\n`);
  }
  return exitCodes.failed;
}
