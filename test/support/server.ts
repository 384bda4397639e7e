import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/newswire.js', import.meta.url));
const startDeadlineMs = 30_000;

/** A temporary folder with a feeds folder in it; `remove()` deletes it. */
export interface Home {
  readonly folder: string;
  readonly feeds: string;
  readonly databaseUrl: string;
  write(name: string, text: string): void;
  remove(): void;
}

/** Creates a home with a `sources.yaml`. */
export function makeHome(sourcesYaml: string): Home {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-test-'));
  const feeds = path.join(folder, 'feeds');
  mkdirSync(feeds);
  const write = (name: string, text: string): void => writeFileSync(path.join(feeds, name), text);
  write('sources.yaml', sourcesYaml);
  return {
    folder,
    feeds,
    databaseUrl: `sqlite:${path.join(folder, 'newswire.sqlite')}`,
    write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A real `newswire serve` process. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** The output so far, stdout and stderr. */
  output(): string;
  /** Sends a signal and resolves with the exit code (null after a kill). */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts the built server and waits for the log line with its URL.
 *
 * @param nodeOptions options of Node itself.
 */
export async function startServer(
  home: Home,
  env: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...nodeOptions, bin, 'serve'], {
    cwd: home.folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home.folder,
      PORT: '0',
      FEEDS_DIR: home.feeds,
      DATABASE_URL: home.databaseUrl,
      ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await listeningUrl(child, () => output);
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}

function listeningUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const line = output()
        .split('\n')
        .find((one) => one.startsWith('{') && one.includes('"msg":"listening"'));
      if (line === undefined) return;
      done();
      resolve((JSON.parse(line) as { url: string }).url);
    };
    const fail = (why: string): void => {
      done();
      reject(new Error(`${why}; the output of the server:\n${output()}`));
    };
    const onExit = (code: number | null): void => fail(`the server ended with ${code}`);
    const timer = setTimeout(() => fail(`not listening within ${startDeadlineMs} ms`), startDeadlineMs);
    const done = (): void => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.off('exit', onExit);
    };
    child.stdout?.on('data', look);
    child.once('exit', onExit);
  });
}

/** The output and the exit code of a command. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `newswire …` to its end. */
export function runCommand(
  home: Home,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: home.folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home.folder,
        FEEDS_DIR: home.feeds,
        DATABASE_URL: home.databaseUrl,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
