import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Home, ServerProcess } from '../server.ts';
import { until } from '../until.ts';

const answerWithinMs = 15_000;
const preload = new URL('./loop-watch.mjs', import.meta.url).href;

/** One sample per second of the server process. */
export interface Sample {
  readonly pid: number;
  readonly atMs: number;
  /** Longest CPU time of the main thread without a turn of its event loop. */
  readonly blockMs: number;
  /** Longest delay of a timer, including time taken by other processes. */
  readonly delayMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

interface Idle {
  readonly idle: { readonly wallMs: number; readonly cpuMs: number };
}

/** Samples the event loop from inside a server process. */
export interface Watchdog {
  /** Environment and Node options for the server. */
  readonly env: Readonly<Record<string, string>>;
  readonly nodeOptions: readonly string[];
  samples(): readonly Sample[];
  /**
   * CPU of the server's main process in per cent of a core, measured while sampling is stopped; null: no response.
   */
  idleCpu(server: ServerProcess, forMs: number): Promise<number | null>;
}

/** Creates a watchdog that writes to a file in the home folder. */
export function createWatchdog(home: Home): Watchdog {
  const file = path.join(home.folder, 'loop-watch.jsonl');
  const lines = (): readonly (Sample | Idle)[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sample | Idle);
  return {
    env: { NEWSWIRE_LOOP_WATCH: file },
    nodeOptions: [`--import=${preload}`],
    samples: () => lines().filter((line): line is Sample => 'blockMs' in line),
    async idleCpu(server, forMs) {
      process.kill(server.pid, 'SIGUSR2');
      await new Promise((resolve) => setTimeout(resolve, forMs));
      process.kill(server.pid, 'SIGUSR2');
      const find = () => lines().findLast((line): line is Idle => 'idle' in line);
      const found = await until('the CPU of the idle server', find, answerWithinMs).catch(() => null);
      return found === null ? null : (found.idle.cpuMs / found.idle.wallMs) * 100;
    },
  };
}

/** Growth per hour by least squares; 0 for fewer than two points. */
export function slopePerHour(points: readonly { readonly atMs: number; readonly value: number }[]): number {
  if (points.length < 2) return 0;
  const meanMs = points.reduce((sum, { atMs }) => sum + atMs, 0) / points.length;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  const over = points.reduce((sum, { atMs, value }) => sum + (atMs - meanMs) * (value - mean), 0);
  const under = points.reduce((sum, { atMs }) => sum + (atMs - meanMs) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 3_600_000;
}
