import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';
import { defaultFetchLimits } from '../../fetch/client/fetch-limits.ts';
import { CommandError } from './io.ts';

/** A document to parse. */
export interface ParseTarget {
  /** As given by the user. */
  readonly file: string;
  readonly path: string;
  readonly contentType: string | null;
  /** URL it was fetched from; empty: none. */
  readonly url: string;
}

/** The documents listed in an index file. Paths are relative to its folder. */
export async function readIndex(indexPath: string): Promise<readonly ParseTarget[]> {
  const folder = path.dirname(indexPath);
  const problems: ConfigProblem[] = [];
  const targets: ParseTarget[] = [];
  for (const [index, line] of (await readIndexFile(indexPath)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const target = readIndexLine(line, folder);
    if (target !== null) targets.push(target);
    else problems.push(badLine(`${path.basename(indexPath)}:${index + 1}`));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return targets;
}

async function readIndexFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file}: ${reasonOf(error)}`);
  }
}

function readIndexLine(line: string, folder: string): ParseTarget | null {
  const entry = parseJson(line);
  if (typeof entry !== 'object' || entry === null || !('file' in entry) || typeof entry.file !== 'string') return null;
  const contentType = 'content_type' in entry ? entry.content_type : null;
  const url = 'base_url' in entry ? entry.base_url : null;
  return {
    file: entry.file,
    path: path.join(folder, entry.file),
    contentType: typeof contentType === 'string' ? contentType : null,
    url: typeof url === 'string' ? url : '',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function badLine(where: string): ConfigProblem {
  const remedy = 'Write one JSON object per line, such as {"file": "files/a.xml", "content_type": "text/xml"}';
  return { where, what: 'the line has no "file"', remedy };
}

/** The bytes of a file, or why it cannot be read. */
export type OpenedFile =
  | { readonly kind: 'opened'; readonly body: Uint8Array }
  | { readonly kind: 'closed'; readonly failure: string; readonly detail: string };

/** Reads a document. @param maxBytes a longer one is not read; by default the limit of the fetcher. */
export async function openTarget(
  target: ParseTarget,
  maxBytes: number = defaultFetchLimits.maxBodyBytes,
): Promise<OpenedFile> {
  try {
    const { size } = await stat(target.path);
    if (size <= maxBytes) return { kind: 'opened', body: await readFile(target.path) };
    const detail = `the file exceeds ${maxBytes / 1024 / 1024} MB`;
    return { kind: 'closed', failure: 'body_too_large', detail };
  } catch (error) {
    const failure = codeOf(error) === 'ENOENT' ? 'file_missing' : 'file_unreadable';
    return { kind: 'closed', failure, detail: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'is a directory';
  return `cannot read the file (${code})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
