import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startOrigin } from '../test/support/origin.ts';
import { startScript, usageOf } from './processes.ts';
import { printRows } from './report.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const sources = 60;
const webhooks = 3;
/** The first polls and their worker processes have ended by then. */
const settleSeconds = 25;
const measuredSeconds = 60;
/** The options of `npm start`. */
const shippedOptions = ['--max-semi-space-size=4', '--heap-growing-percent=70'];
/** Percent of a core. */
const goalPercent = 1;

/**
 * CPU of an idle server: every feature is on, no source is due, no client is connected. For comparison, an idle
 * @hono/node-server.
 */
export async function idle(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-bench-idle-'));
  const origin = await startOrigin();
  const answers = path.join(folder, 'answers.json');
  writeFileSync(answers, '{}');
  const bare = await startScript([path.join(here, 'bare-server.ts'), answers], process.env);
  const product = startProduct(folder, origin.url);
  try {
    await sleep(settleSeconds * 1000);
    const [bareBefore, before] = [cpuOf(bare.child.pid), cpuOf(product.pid)];
    await sleep(measuredSeconds * 1000);
    const percent = (used: number): number => (used / measuredSeconds) * 100;
    const ours = percent(cpuOf(product.pid) - before);
    const theirs = percent(cpuOf(bare.child.pid) - bareBefore);
    const verdict = `${ours < goalPercent ? 'within' : 'ABOVE'} ${goalPercent}`;
    printRows(`an idle server: ${sources} sources, ${webhooks} webhooks, the hub; ${measuredSeconds} s`, [
      ['', 'bare', 'newswire', 'goal'],
      ['CPU, % of a core', theirs.toFixed(2), ours.toFixed(2), verdict],
    ]);
  } finally {
    product.kill('SIGKILL');
    bare.child.kill('SIGKILL');
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function cpuOf(pid: number | undefined): number {
  return usageOf(pid ?? 0).cpuSeconds;
}

function startProduct(folder: string, originUrl: string) {
  const feeds = path.join(folder, 'feeds');
  mkdirSync(feeds, { recursive: true });
  const lines = (count: number, line: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => line(n)).join('');
  // An empty document fails once and is not polled again during the measurement.
  const declared = lines(sources, (n) => `  - { url: "${originUrl}/${n}.xml", id: s${n} }\n`);
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const hooks = lines(webhooks, (n) => `  - { url: "${originUrl}/hook/${n}", id: h${n}, secret: ${secret} }\n`);
  const site = 'site:\n  politeness: { hostGap: 0s, hostConcurrency: 8 }\n';
  writeFileSync(path.join(feeds, 'sources.yaml'), `${site}sources:\n${declared}webhooks:\n${hooks}`);
  return spawn(process.execPath, [...shippedOptions, path.join(here, '..', 'bin', 'newswire.js'), 'serve'], {
    cwd: folder,
    env: {
      ...process.env,
      ...{ PORT: '0', FEEDS_DIR: feeds, DATABASE_URL: `sqlite:${path.join(folder, 'newswire.sqlite')}` },
      ...{ PUBLIC_URL: 'http://127.0.0.1:9', ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8', LOG_LEVEL: 'warn' },
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
