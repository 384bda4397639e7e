import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { toWireBody, wireItemJson } from '../../src/domain/events/wire-item.ts';
import { usageOf } from '../processes.ts';
import { type Answer, type BenchServer, type Command, execute } from './child.ts';
import type { DrivenProcess } from './driven-process.ts';
import { itemOf } from './item.ts';
import { type Meter, monotonicMs } from './meter.ts';
import { configure, emergencyIn, findNchan } from './nchan.ts';

const mostConnections = 16_000;
const startsWithinMs = 10_000;

/**
 * Runs nginx with nchan in a folder; messages with the bytes of Newswire are published over HTTP.
 *
 * @throws Error when it is not installed or does not start.
 */
export async function driveNchan(folder: string): Promise<DrivenProcess<Command, Answer>> {
  const found = findNchan();
  if ('missing' in found) throw new Error(`nchan cannot be run: ${found.missing}`);
  const port = await freePort();
  const child = spawn(found.nginx, configure(found, folder, { port, connections: mostConnections }), {
    stdio: 'ignore',
  });
  const end = ender(child, folder);
  const url = `http://127.0.0.1:${port}`;
  const client = new Client(url);
  try {
    await answering({ client, child, folder });
    const meter = createProcessMeter(child.pid ?? 0);
    const server = createPublisher(url, client);
    return {
      line: url,
      ask: (command) => execute(server, command, meter),
      async end() {
        await client.destroy();
        await end();
      },
    };
  } catch (error) {
    await client.destroy();
    await end();
    throw error;
  }
}

/**
 * Kills nginx, which has nothing to save. If this process is killed, the folder is removed as well.
 */
function ender(child: ChildProcess, folder: string): () => Promise<void> {
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = (): void => void child.kill('SIGKILL');
  const clear = (): void => {
    kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const leave = (): void => process.exit(1);
  process.once('exit', clear);
  process.once('SIGTERM', leave);
  process.once('SIGINT', leave);
  return async () => {
    kill();
    await exited;
    process.off('exit', clear);
    process.off('SIGTERM', leave);
    process.off('SIGINT', leave);
  };
}

/** nginx does not support port 0. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answering(of: {
  readonly client: Client;
  readonly child: ChildProcess;
  readonly folder: string;
}): Promise<void> {
  let failure: unknown = 'it does not answer';
  of.child.once('error', (error) => {
    failure = error;
  });
  for (const startedMs = performance.now(); performance.now() - startedMs < startsWithinMs; await sleep(50)) {
    if (of.child.exitCode !== null || of.child.signalCode !== null)
      throw new Error(`nginx has ended: ${emergencyIn(readFileSync(path.join(of.folder, 'error.log'), 'utf8'))}`);
    try {
      const { body } = await of.client.request({ method: 'GET', path: '/' });
      await body.dump();
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error('nginx does not start', { cause: failure });
}

function createPublisher(url: string, client: Client): BenchServer {
  let seq = 0;
  return {
    url,
    pageReads: () => 0,
    unsentTo: () => -1,
    async publish({ events, textBytes, source }, meter) {
      const frames = Array.from({ length: events }, (_, index) => frameOf(seq + index + 1, textBytes, source));
      for (const frame of frames) {
        seq += 1;
        meter.committed(seq);
        const headers = { 'content-type': 'application/json' };
        const { statusCode, body } = await client.request({ method: 'POST', path: '/publish', headers, body: frame });
        await body.dump();
        if (statusCode !== 201 && statusCode !== 202) throw new Error(`nchan answers a message with ${statusCode}`);
      }
    },
  };
}

/** A message as Newswire sends it. */
export function frameOf(seq: number, textBytes: number, source: string): string {
  const item = wireItemJson(JSON.stringify(toWireBody(itemOf(seq, textBytes, source))), 'http://127.0.0.1:3000', seq);
  return `{"type":"item","ch":"9NAqkmSkOA","seq":${seq},"prev":${seq - 1},"op":"add","item":${item}}`;
}

/** Measures a process from outside, without its socket writes. */
export function createProcessMeter(pid: number): Meter {
  let before = usageOf(pid).cpuSeconds;
  let published: [number, number][] = [];
  return {
    committed: (seq) => void published.push([seq, monotonicMs()]),
    reset() {
      before = usageOf(pid).cpuSeconds;
      published = [];
    },
    read: () => ({
      ...{ bytes: 0, p50Ms: Number.NaN, p99Ms: Number.NaN, longestMs: Number.NaN, published },
      cpuMs: (usageOf(pid).cpuSeconds - before) * 1000,
      rssKb: residentKb(readFileSync(`/proc/${pid}/status`, 'utf8')),
    }),
  };
}

/** The resident set size from a process's status. */
export function residentKb(status: string): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kb === undefined) throw new Error('the process has no resident set any more');
  return Number(kb);
}
