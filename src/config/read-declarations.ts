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
 * Reads everything that the operator declares in a folder.
 *
 * @param env where `${NAME}` in YAML values is looked up.
 * @throws ConfigError with every mistake of every file.
 */
export async function readDeclarations(feedsDir: string, env: Environment): Promise<Declarations> {
  return await interpretFiles(await readDeclarationFiles(feedsDir), feedsDir, env);
}

/**
 * What a set of files declares. Apart from reading them, so that the watcher may hold on to a file that vanished for a
 * moment.
 *
 * @throws ConfigError with every mistake of every file.
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
      remedy: 'Mend the file or its permissions, or take it out of FEEDS_DIR',
    });
    return noDeclarations;
  }
  const isOpml = /\.opml$/i.test(name);
  const text = decodeText(file.bytes, { xml: isOpml });
  if (text === null) {
    problems.add({ where: name, what: 'the file is not text in UTF-8', remedy: 'Save it as UTF-8' });
    return noDeclarations;
  }
  return isOpml ? readOpmlFile({ name, text }, problems) : readYamlFile({ name, text }, env, problems);
}
