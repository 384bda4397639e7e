import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../domain/config-error.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { Environment } from '../environment/environment.ts';
import { type DeclarationFiles, readDeclarationFiles } from '../files/declaration-files.ts';
import { decodeText } from '../files/decode-text.ts';
import { interpretFiles, readDeclarations } from '../read-declarations.ts';
import { insertSource, type NewSource } from './insert-source.ts';

/** The folder of the declarations, and the file to write. */
export interface DeclarationTarget {
  readonly feedsDir: string;
  readonly env: Environment;
  /** A file name inside the folder; the file is created if it is missing. */
  readonly file: string;
}

/**
 * Declares a new source: inserts it into the text of a file, validates the result together with all other files before
 * writing, and reads the declarations from disk again afterwards.
 *
 * @returns the declared source.
 * @throws ConfigError if the declarations, the file name or the source are invalid; nothing is written then.
 */
export async function addSource(place: DeclarationTarget, source: NewSource): Promise<Source> {
  const { feedsDir, env, file } = place;
  checkFileName(file);
  const files = await readDeclarationFiles(feedsDir);
  const before = await interpretFiles(files, feedsDir, env);
  const bytes = new TextEncoder().encode(withSource(files, file, source));
  const after = await interpretFiles(replaced(files, file, bytes), feedsDir, env);
  findNew(before, after);
  await replaceFile(path.join(feedsDir, file), bytes);
  return findNew(before, await readDeclarations(feedsDir, env));
}

/** @throws ConfigError if a declaration file cannot have this name. */
export function checkFileName(file: string): void {
  if (/^[^./\\][^/\\]*\.ya?ml$/i.test(file)) return;
  throw new ConfigError([
    {
      where: '--file',
      what: `not the name of a YAML file: ${JSON.stringify(file)}`,
      remedy: 'Use the name of a file in FEEDS_DIR, such as sources.yaml',
    },
  ]);
}

function withSource(files: DeclarationFiles, name: string, source: NewSource): string {
  const found = files.get(name);
  // An unreadable file was reported when the declarations were read.
  const bytes = found?.kind === 'read' ? found.bytes : new Uint8Array();
  const bom = startsWith(bytes, utf8Bom) ? '\ufeff' : '';
  const text = decodeText(bytes, { xml: false }) ?? '';
  const written =
    startsWith(bytes, utf16Boms.le) || startsWith(bytes, utf16Boms.be) ? null : insertSource(text, source);
  if (written !== null) return `${bom}${written}`;
  const remedy = `Add the source by hand: "- url: ${source.url}"`;
  throw new ConfigError([{ where: name, what: 'the file has a form that cannot be edited automatically', remedy }]);
}

const utf8Bom = [0xef, 0xbb, 0xbf];
const utf16Boms = { le: [0xff, 0xfe], be: [0xfe, 0xff] };

function startsWith(bytes: Uint8Array, bom: readonly number[]): boolean {
  return bom.every((byte, index) => bytes[index] === byte);
}

/** Sorted by name, as when the folder is read. */
function replaced(files: DeclarationFiles, name: string, bytes: Uint8Array): DeclarationFiles {
  const all = new Map(files).set(name, { kind: 'read', bytes });
  return new Map([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The source in `after` that is not in `before`. Exactly one must be new. */
function findNew(before: Declarations, after: Declarations): Source {
  const known = new Set(before.sources.map((source) => source.url));
  const source = after.sources.find(({ url }) => !known.has(url));
  if (source === undefined || after.sources.length !== before.sources.length + 1) {
    throw new Error('the edited file does not declare exactly one new source; the file is unchanged');
  }
  return source;
}

/** Replaces the file atomically, so that a watching server never reads half of it. Follows a symbolic link. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(file).catch((error: unknown) => ifMissing(error, file));
  const mode = await stat(target).then(
    (found) => found.mode,
    (error: unknown) => ifMissing(error, 0o644),
  );
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}`);
  try {
    await writeFile(temporary, bytes, { mode, flag: 'wx' });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function ifMissing<T>(error: unknown, fallback: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return fallback;
  throw error;
}
