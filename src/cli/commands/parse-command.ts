import os from 'node:os';
import { ConfigError } from '../../domain/config-error.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { createDocumentProcessor, type DocumentProcessor } from '../../server/document-processor.ts';
import { mapInOrder } from '../output/map-in-order.ts';
import { type ParseLine, parseLineToJson, resultsTable, toParseLine } from '../output/parse-report.ts';
import { showProgress } from '../output/progress.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';
import { openTarget, type ParseTarget, readIndex } from '../shared/parse-targets.ts';

export interface ParseOptions {
  /** One JSON object a file, for machines. */
  readonly jsonl?: boolean;
  /** A file that lists the documents, with the content type and the URL of each. */
  readonly index?: string;
  /** For all files named. */
  readonly contentType?: string;
  readonly url?: string;
}

const mostWorkers = 4;

/**
 * `newswire parse`: reads feeds from files by the code that the server reads with, and says what is in them. A file that
 * cannot be opened makes it end with 1; a document that is no feed is an answer like another.
 */
export async function parse(
  io: CliIo,
  files: readonly string[],
  options: ParseOptions,
  parts: { readonly clock?: Clock; readonly createDigester?: typeof createDocumentProcessor } = {},
): Promise<number> {
  const { clock = systemClock } = parts;
  const targets = await targetsOf(files, options);
  const workers = Math.min(mostWorkers, os.availableParallelism(), targets.length);
  const digester = (parts.createDigester ?? createDocumentProcessor)({ workers });
  try {
    const lines = mapInOrder(targets, workers, (target) => readTarget(target, digester, clock));
    return await report(io, lines, { total: targets.length, jsonl: options.jsonl ?? false });
  } finally {
    await digester.close();
  }
}

async function targetsOf(files: readonly string[], options: ParseOptions): Promise<readonly ParseTarget[]> {
  const { index, contentType = null, url = '' } = options;
  if (index === undefined) {
    if (files.length > 0) return files.map((file) => ({ file, path: file, contentType, url }));
    throw badUsage('no file is named', 'Name the files to parse, or an index of them with --index');
  }
  if (files.length > 0 || contentType !== null || url !== '') {
    throw badUsage('--index stands beside files, --content-type or --url', 'Let the index say what there is to read');
  }
  const targets = await readIndex(index);
  if (targets.length === 0) throw badUsage(`${index} lists no file`, 'Write one JSON object a line into it');
  return targets;
}

function badUsage(what: string, remedy: string): ConfigError {
  return new ConfigError([{ where: 'newswire parse', what, remedy }]);
}

async function readTarget(target: ParseTarget, digester: DocumentProcessor, clock: Clock): Promise<ParseLine> {
  const startedMs = clock.monotonic();
  const opened = await openTarget(target);
  if (opened.kind === 'closed') return toParseLine(target.file, opened, 0);
  const { contentType, url } = target;
  const described = await digester.describe({ body: opened.body, contentType, url });
  return toParseLine(target.file, described, clock.monotonic() - startedMs);
}

async function report(
  io: CliIo,
  lines: AsyncGenerator<ParseLine>,
  { total, jsonl }: { readonly total: number; readonly jsonl: boolean },
): Promise<number> {
  // Lines that scroll by on the same terminal show the progress well enough.
  const progress = showProgress(jsonl && io.columns !== null ? null : io.errTerminal, total, 'parsed');
  const read: ParseLine[] = [];
  const closed: ParseLine[] = [];
  try {
    for await (const line of lines) {
      progress.step();
      if (!line.opened) closed.push(line);
      if (jsonl) io.out(`${JSON.stringify(parseLineToJson(line))}\n`);
      else if (line.opened) read.push(line);
    }
  } finally {
    progress.end();
  }
  if (!jsonl) io.out(resultsTable(read, io.columns));
  for (const { file, detail } of closed) io.err(`newswire: ${cleanLine(`${file}: ${detail}`, 500)}\n`);
  return closed.length > 0 ? exitCodes.failed : exitCodes.done;
}
