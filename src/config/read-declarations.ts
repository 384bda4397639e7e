import type { Declarations } from '../domain/polling/source.ts';
import type { Environment } from './environment/environment.ts';
import { type DeclarationFile, type DeclarationFiles, readDeclarationFiles } from './files/declaration-files.ts';
import { decodeText } from './files/decode-text.ts';
import { type FileDeclarations, noDeclarations } from './files/file-declarations.ts';
import { readOpmlFile } from './files/opml-file.ts';
import { readYamlFile } from './files/yaml-file.ts';
import { ProblemList } from './problems/problem-list.ts';
import { toDeclarations } from './to-declarations.ts';

/**
 * Reads all declarations in a folder.
 *
 * @param env resolves `${NAME}` in YAML values; `${file:PATH}` is read from the file.
 * @throws ConfigError with all errors of all files.
 */
export async function readDeclarations(feedsDir: string, env: Environment): Promise<Declarations> {
  return await interpretFiles(await readDeclarationFiles(feedsDir), feedsDir, env);
}

/**
 * Interprets a set of files. Separate from reading them, so that the watcher can retain a file that is missing for a
 * moment.
 *
 * @throws ConfigError with all errors of all files.
 */
export async function interpretFiles(
  files: DeclarationFiles,
  feedsDir: string,
  env: Environment,
): Promise<Declarations> {
  const problems = new ProblemList();
  const parts = [...files].map(([name, file]) => interpretFile({ name, file }, env, problems));
  const declarations = await toDeclarations(parts, feedsDir, problems);
  problems.throwIfAny();
  return declarations;
}

function interpretFile(
  { name, file }: { name: string; file: DeclarationFile },
  env: Environment,
  problems: ProblemList,
): FileDeclarations {
  if (file.kind === 'unreadable') {
    problems.add({
      where: name,
      what: `the file ${file.reason}`,
      remedy: 'Fix the file or its permissions, or remove it from FEEDS_DIR',
    });
    return noDeclarations;
  }
  const isOpml = /\.opml$/i.test(name);
  const text = decodeText(file.bytes, { xml: isOpml });
  if (text === null) {
    problems.add({ where: name, what: 'the file is not UTF-8 text', remedy: 'Save it as UTF-8' });
    return noDeclarations;
  }
  return isOpml ? readOpmlFile({ name, text }, problems) : readYamlFile({ name, text }, env, problems);
}
