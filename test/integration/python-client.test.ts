import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/demo/random.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { keepSourcesDue, readEventLog, startFeedGenerator } from '../support/soak/feed-generator.ts';
import { until } from '../support/until.ts';

const example = fileURLToPath(new URL('../../examples/client.py', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
const kills = 3;
const eventsBetweenKills = 150;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Lines of a process that end with a line break; the last piece may still be incomplete. */
function linesOf(child: ChildProcess): () => readonly string[] {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text.split('\n').slice(0, -1);
}

/** A port that was free a moment ago: the restarted server must have the address of the killed one. */
async function freePort(): Promise<number> {
  const origin = await startOrigin();
  await origin.close();
  return origin.port;
}

describe('examples/client.py', () => {
  it.skipIf(!hasPython)(
    'prints every event of the log once and in order although the server is killed under load (needs python3)',
    { timeout: 240_000 },
    async () => {
      const feeds = await startFeedGenerator(seededRandom(7));
      cleanups.push(() => feeds.close());
      const home = makeHome(feeds.sourcesYaml);
      cleanups.push(() => home.remove());
      const env = { PORT: String(await freePort()), LOG_LEVEL: 'info' };
      let server: ServerProcess = await startServer(home, env);
      cleanups.push(() => server.end('SIGKILL'));
      cleanups.push(keepSourcesDue(home));
      const cursorFile = path.join(home.folder, 'cursor');
      const client = spawn('python3', [example, server.url, 'after=floor&backfill=true', cursorFile], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      cleanups.push(() => client.kill('SIGKILL'));
      const lines = linesOf(client);

      for (let kill = 0; kill < kills; kill += 1) {
        const enough = lines().length + eventsBetweenKills;
        await until('the client to be under load', () => lines().length >= enough || null, 60_000);
        await server.end('SIGKILL');
        server = await startServer(home, env);
      }
      feeds.publishing = false;
      const head = await until('the log to stop growing', async () => {
        const before = readEventLog(home).length;
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return readEventLog(home).length === before ? before : null;
      });
      await until('the client to reach the head', () => lines().length >= head || null, 60_000);

      const log = readEventLog(home).map(({ seq, op }) => `${op} ${seq}`);
      const printed = lines().map((line) => JSON.parse(line) as { op: string; seq: number });
      expect(printed.map(({ seq, op }) => `${op} ${seq}`)).toEqual(log);
      expect(readFileSync(cursorFile, 'utf8')).toMatch(new RegExp(`^[a-z0-9]+-${log.length}$`));
    },
  );

  it('has fewer than 80 lines and imports the standard library only', () => {
    const text = readFileSync(example, 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThan(80);
    const modules = [...text.matchAll(/^(?:import|from) ([\w., ]+)/gm)].flatMap(([, names = '']) =>
      names.split(/, | import /),
    );
    expect(
      modules.filter((name) => !/^(http\.client|json|os|random|sys|time|urllib\.parse|urlsplit)/.test(name)),
    ).toEqual([]);
  });
});
