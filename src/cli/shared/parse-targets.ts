import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';
import { defaultFetchLimits } from '../../fetch/client/fetch-limits.ts';
import { CommandError } from './io.ts';

/** One document to be parsed. */
export interface ParseTarget {
  /** As it was named. */
  readonly file: string;
  readonly path: string;
  readonly contentType: string | null;
  /** Where it was fetched from; empty: nowhere. */
  readonly url: string;
}

/** Every document that an index names. Its paths start at the folder that it lies in. */
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
  const remedy = 'Write one JSON object a line, like {"file": "files/a.xml", "content_type": "text/xml"}';
  return { where, what: 'the line names no file', remedy };
}

/** A file's bytes, or why there are none. */
export type OpenedFile =
  | { readonly kind: 'opened'; readonly body: Uint8Array }
  | { readonly kind: 'closed'; readonly failure: string; readonly detail: string };

/** Reads a document under the limit that the fetcher has. */
export async function openTarget(target: ParseTarget): Promise<OpenedFile> {
  const { maxBodyBytes } = defaultFetchLimits;
  try {
    const { size } = await stat(target.path);
    if (size <= maxBodyBytes) return { kind: 'opened', body: await readFile(target.path) };
    const detail = `the file is over ${maxBodyBytes / 1024 / 1024} MB`;
    return { kind: 'closed', failure: 'body_too_large', detail };
  } catch (error) {
    const failure = codeOf(error) === 'ENOENT' ? 'file_missing' : 'file_unreadable';
    return { kind: 'closed', failure, detail: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'this is a folder';
  return `the file cannot be read (${code})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
