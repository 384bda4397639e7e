import os from 'node:os';
import { ConfigError } from '../../domain/config-error.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { createDocumentProcessor, type DocumentProcessor } from '../../server/stages/document-processor.ts';
import { mapInOrder } from '../output/map-in-order.ts';
import { type ParseLine, parseLineToJson, resultsTable, toParseLine } from '../output/parse-report.ts';
import { showProgress } from '../output/progress.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';
import { openTarget, type ParseTarget, readIndex } from '../shared/parse-targets.ts';

export interface ParseOptions {
  /** One JSON object per file. */
  readonly jsonl?: boolean;
  /** A file that lists the documents with their content types and URLs. */
  readonly index?: string;
  /** Applies to all files. */
  readonly contentType?: string;
  readonly url?: string;
}

const maxWorkers = 4;

/**
 * `newswire parse`: parses feeds from files with the server's parser, and prints their contents. Exit code 1 when a file
 * cannot be opened; a document that is not a feed is a normal result.
 */
export async function parse(
  io: CliIo,
  files: readonly string[],
  options: ParseOptions,
  parts: { readonly clock?: Clock; readonly createProcessor?: typeof createDocumentProcessor } = {},
): Promise<number> {
  const { clock = systemClock } = parts;
  const targets = await targetsOf(files, options);
  const workers = Math.min(maxWorkers, os.availableParallelism(), targets.length);
  const processor = (parts.createProcessor ?? createDocumentProcessor)({ workers });
  try {
    const lines = mapInOrder(targets, workers, (target) => readTarget(target, processor, clock));
    return await report(io, lines, { total: targets.length, jsonl: options.jsonl ?? false });
  } finally {
    await processor.close();
  }
}

async function targetsOf(files: readonly string[], options: ParseOptions): Promise<readonly ParseTarget[]> {
  const { index, contentType = null, url = '' } = options;
  if (index === undefined) {
    if (files.length > 0) return files.map((file) => ({ file, path: file, contentType, url }));
    throw badUsage('no file is given', 'Give the files to parse, or an index with --index');
  }
  if (files.length > 0 || contentType !== null || url !== '') {
    throw badUsage('--index cannot be combined with files, --content-type or --url', 'Put them into the index');
  }
  const targets = await readIndex(index);
  if (targets.length === 0) throw badUsage(`${index} lists no file`, 'Write one JSON object per line');
  return targets;
}

function badUsage(what: string, remedy: string): ConfigError {
  return new ConfigError([{ where: 'newswire parse', what, remedy }]);
}

async function readTarget(target: ParseTarget, processor: DocumentProcessor, clock: Clock): Promise<ParseLine> {
  const startedMs = clock.monotonic();
  const opened = await openTarget(target);
  if (opened.kind === 'closed') return toParseLine(target.file, opened, 0);
  const { contentType, url } = target;
  const described = await processor.describe({ body: opened.body, contentType, url });
  return toParseLine(target.file, described, clock.monotonic() - startedMs);
}

async function report(
  io: CliIo,
  lines: AsyncGenerator<ParseLine>,
  { total, jsonl }: { readonly total: number; readonly jsonl: boolean },
): Promise<number> {
  // JSON lines on the same terminal already show the progress.
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
