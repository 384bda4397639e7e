import path from 'node:path';
import { ConfigError } from '../../domain/config-error.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { Environment } from '../environment/environment.ts';
import { type DeclarationFiles, readDeclarationFiles } from '../files/declaration-files.ts';
import { decodeText } from '../files/decode-text.ts';
import { interpretFiles, readDeclarations } from '../read-declarations.ts';
import { insertSources, type NewSource } from './insert-sources.ts';
import { replaceFile } from './replace-file.ts';

/** The folder of the declarations, and the file to write. */
export interface DeclarationTarget {
  readonly feedsDir: string;
  readonly env: Environment;
  /** A file name inside the folder; the file is created if it is missing. */
  readonly file: string;
}

/**
 * Declares new sources: inserts them into the text of a file, validates the result together with all other files before
 * writing, and reads the declarations from disk again afterwards.
 *
 * @param sources at least one, with different URLs.
 * @returns the declared sources, in the order of the declarations.
 * @throws ConfigError if the declarations, the file name or a source are invalid; nothing is written then.
 */
export async function addSources(place: DeclarationTarget, sources: readonly NewSource[]): Promise<readonly Source[]> {
  const { feedsDir, env, file } = place;
  const { before, bytes } = await planSources(place, sources);
  await replaceFile(path.join(feedsDir, file), bytes);
  return findNew(before, await readDeclarations(feedsDir, env), sources.length);
}

/**
 * What `addSources` would declare, without writing.
 *
 * @throws ConfigError as `addSources` does.
 */
export async function previewSources(
  place: DeclarationTarget,
  sources: readonly NewSource[],
): Promise<readonly Source[]> {
  return (await planSources(place, sources)).added;
}

interface SourcesPlan {
  readonly before: Declarations;
  readonly added: readonly Source[];
  /** The new content of the file. */
  readonly bytes: Uint8Array;
}

async function planSources(place: DeclarationTarget, sources: readonly NewSource[]): Promise<SourcesPlan> {
  const { feedsDir, env, file } = place;
  checkFileName(file);
  const files = await readDeclarationFiles(feedsDir);
  const before = await interpretFiles(files, feedsDir, env);
  const bytes = new TextEncoder().encode(withSources(files, file, sources));
  const after = await interpretFiles(replaced(files, file, bytes), feedsDir, env);
  return { before, added: findNew(before, after, sources.length), bytes };
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

function withSources(files: DeclarationFiles, name: string, sources: readonly NewSource[]): string {
  const found = files.get(name);
  // An unreadable file was reported when the declarations were read.
  const bytes = found?.kind === 'read' ? found.bytes : new Uint8Array();
  const bom = startsWith(bytes, utf8Bom) ? '\ufeff' : '';
  const text = decodeText(bytes, { xml: false }) ?? '';
  const written =
    startsWith(bytes, utf16Boms.le) || startsWith(bytes, utf16Boms.be) ? null : insertSources(text, sources);
  if (written !== null) return `${bom}${written}`;
  const [first] = sources;
  const others = sources.length > 1 ? ', and the others alike; or name a new file with --file' : '';
  const remedy = `Add the source by hand: "- url: ${first?.url}"${others}`;
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

/** The sources in `after` that are not in `before`: exactly this many. */
function findNew(before: Declarations, after: Declarations, count: number): readonly Source[] {
  const known = new Set(before.sources.map((source) => source.url));
  const added = after.sources.filter(({ url }) => !known.has(url));
  if (added.length === count && after.sources.length === before.sources.length + count) return added;
  throw new Error(`the edited file does not declare exactly ${count} new sources; the file is unchanged`);
}
