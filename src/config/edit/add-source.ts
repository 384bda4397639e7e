import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../domain/config-error.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { Environment } from '../environment/environment.ts';
import { type DeclarationFiles, readDeclarationFiles } from '../files/declaration-files.ts';
import { decodeText } from '../files/decode-text.ts';
import { interpretFiles, readDeclarations } from '../read-declarations.ts';
import { insertSource, type NewSource } from './insert-source.ts';

/** Where declarations stand, and which file of theirs is written. */
export interface DeclarationTarget {
  readonly feedsDir: string;
  readonly env: Environment;
  /** A name within the folder; the file is made when it is missing. */
  readonly file: string;
}

/**
 * Declares one more source: in the file's text as it stands, checked with all other files before anything is written,
 * and read once more from disk afterwards.
 *
 * @returns the source as it is declared now.
 * @throws ConfigError when the declarations, the file's name or the source are wrong; nothing is written then.
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

/** @throws ConfigError when no file of declarations could have the name. */
export function checkFileName(file: string): void {
  if (/^[^./\\][^/\\]*\.ya?ml$/i.test(file)) return;
  throw new ConfigError([
    {
      where: '--file',
      what: `is not the name of a YAML file: ${JSON.stringify(file)}`,
      remedy: 'Name a file of FEEDS_DIR, like sources.yaml',
    },
  ]);
}

function withSource(files: DeclarationFiles, name: string, source: NewSource): string {
  const found = files.get(name);
  // One that cannot be read was complained of when the declarations were.
  const bytes = found?.kind === 'read' ? found.bytes : new Uint8Array();
  const mark = startsWith(bytes, utf8Mark) ? '\ufeff' : '';
  const text = decodeText(bytes, { xml: false }) ?? '';
  const written =
    startsWith(bytes, utf16Marks.le) || startsWith(bytes, utf16Marks.be) ? null : insertSource(text, source);
  if (written !== null) return `${mark}${written}`;
  const remedy = `Write it into the file by hand: "- url: ${source.url}"`;
  throw new ConfigError([{ where: name, what: 'the file is of a form that cannot be added to', remedy }]);
}

const utf8Mark = [0xef, 0xbb, 0xbf];
const utf16Marks = { le: [0xff, 0xfe], be: [0xfe, 0xff] };

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

/** In the order of names, as the folder is read. */
function replaced(files: DeclarationFiles, name: string, bytes: Uint8Array): DeclarationFiles {
  const all = new Map(files).set(name, { kind: 'read', bytes });
  return new Map([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The source that is declared after and was not before; all others have to be as they were. */
function findNew(before: Declarations, after: Declarations): Source {
  const known = new Set(before.sources.map((source) => source.url));
  const source = after.sources.find(({ url }) => !known.has(url));
  if (source === undefined || after.sources.length !== before.sources.length + 1) {
    throw new Error('the file would not have said what it was to say; it is as it was');
  }
  return source;
}

/** Whole or not at all: a watching server never sees half a file. A link stays one. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(file).catch((error: unknown) => missing(error, file));
  const mode = await stat(target).then(
    (found) => found.mode,
    (error: unknown) => missing(error, 0o644),
  );
  const draft = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}`);
  try {
    await writeFile(draft, bytes, { mode, flag: 'wx' });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function missing<T>(error: unknown, otherwise: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise;
  throw error;
}
