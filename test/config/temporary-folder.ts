import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { ConfigError, formatProblem } from '../../src/domain/config-error.ts';

/** A temporary feeds folder. */
export interface Folder {
  readonly dir: string;
  write(name: string, content: string | Uint8Array): void;
  path(name: string): string;
}

/** Returns a function that creates folders. They are removed after each test of the calling file. */
export function useFolders(): (files?: Readonly<Record<string, string>>) => Folder {
  const made: string[] = [];
  afterEach(() => {
    for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
  return (files = {}) => {
    // Real path: the system's own folder for temporary files may be a symbolic link.
    const base = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'newswire-config-')));
    made.push(base);
    const dir = path.join(base, 'feeds');
    mkdirSync(dir);
    const folder: Folder = {
      dir,
      path: (name) => path.join(dir, name),
      write: (name, content) => {
        mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
        writeFileSync(path.join(dir, name), content);
      },
    };
    for (const [name, content] of Object.entries(files)) folder.write(name, content);
    return folder;
  };
}

/** The errors of a read, as lines; empty if it succeeds. */
export async function problemsOf(read: Promise<unknown>): Promise<string[]> {
  try {
    await read;
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}
