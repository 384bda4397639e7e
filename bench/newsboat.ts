import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { usageOf } from './processes.ts';

/** What another program used to read all sources: with all items new (cold), and with none (warm). */
export interface PeerUse {
  readonly cold: { readonly cpuSeconds: number; readonly wallSeconds: number };
  readonly warm: { readonly cpuSeconds: number; readonly wallSeconds: number };
}

/** Whether the feed reader newsboat is installed. */
export function hasNewsboat(): boolean {
  return spawnSync('newsboat', ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * Runs newsboat over the same sources twice, with as many threads as the baseline has concurrent requests.
 *
 * @throws Error if it has not stored every item.
 */
export async function newsboat(urls: readonly string[], items: number, folder: string): Promise<PeerUse> {
  const home = path.join(folder, 'newsboat');
  mkdirSync(home, { recursive: true });
  const [urlFile, config, cache] = ['urls', 'config', 'cache.db'].map((name) => path.join(home, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(urlFile, `${urls.join('\n')}\n`);
  writeFileSync(config, 'reload-threads 32\n');
  const reload = (): Promise<PeerUse['cold']> =>
    use('newsboat', ['-u', urlFile, '-c', cache, '-C', config, '-x', 'reload'], home);
  const cold = await reload();
  const database = new Database(cache, { readonly: true });
  const stored = Number(database.prepare('SELECT count(*) FROM rss_item').pluck().get());
  database.close();
  if (stored !== items) throw new Error(`newsboat has stored ${stored} items instead of ${items}`);
  return { cold, warm: await reload() };
}

/** Runs a command. The usage of an ended child is counted with its parent, which does nothing meanwhile. */
function use(command: string, args: readonly string[], home: string): Promise<PeerUse['cold']> {
  const before = usageOf(process.pid).cpuSeconds;
  const own = process.cpuUsage();
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env: { ...process.env, HOME: home }, stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== 0) return reject(new Error(`${command} ended with ${code}`));
      const { user, system } = process.cpuUsage(own);
      const cpuSeconds = usageOf(process.pid).cpuSeconds - before - (user + system) / 1e6;
      resolve({ cpuSeconds, wallSeconds: (performance.now() - startedAt) / 1000 });
    });
  });
}
