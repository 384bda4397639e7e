import { Socket } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** CPU, memory and delays of a server since the last reset of its meter. */
export interface Reading {
  readonly cpuMs: number;
  /** Bytes written to sockets. */
  readonly bytes: number;
  /** From the commit of an event to the write to a socket. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Longest block of the event loop. */
  readonly longestMs: number;
  readonly rssKb: number;
  /** Seq and `monotonicMs` of each event committed. */
  readonly published: readonly (readonly [number, number])[];
}

/** Milliseconds on a clock shared by all processes of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Measures this process by its writes to sockets. */
export interface Meter {
  /** Records that the event in these bytes was committed now. */
  committed(seq: number): void;
  reset(): void;
  read(): Reading;
}

const mostSamples = 4_000_000;

/** Hooks the writes of all sockets, once per process and in every compared server alike. */
export function createMeter(): Meter {
  const samples = new Float64Array(mostSamples);
  const commits = new Map<number, number>();
  let published: [number, number][] = [];
  // The bytes of a frame are shared by all clients: parsed once.
  const seqOf = new WeakMap<Buffer, number>();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let count = 0;
  let bytes = 0;
  let cpu = process.cpuUsage();
  hookWrites((chunk) => {
    bytes += chunk.length;
    if (typeof chunk === 'string' || chunk.length < 200) return;
    let seq = seqOf.get(chunk);
    if (seq === undefined) {
      seq = Number(/"seq":(\d+)/.exec(chunk.toString('latin1', 0, 200))?.[1] ?? -1);
      seqOf.set(chunk, seq);
    }
    const committedMs = commits.get(seq);
    if (committedMs === undefined || count === mostSamples) return;
    samples[count] = performance.now() - committedMs;
    count += 1;
  });
  return {
    committed(seq) {
      commits.set(seq, performance.now());
      published.push([seq, monotonicMs()]);
    },
    reset() {
      count = 0;
      bytes = 0;
      commits.clear();
      published = [];
      collect();
      delay.reset();
      cpu = process.cpuUsage();
    },
    read() {
      const used = process.cpuUsage(cpu);
      const sorted = samples.slice(0, count).sort();
      const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(count * share))] ?? 0;
      const figures = { p50Ms: at(0.5), p99Ms: at(0.99), longestMs: delay.max / 1e6, bytes, published };
      collect();
      return { ...figures, cpuMs: (used.user + used.system) / 1000, rssKb: process.memoryUsage.rss() / 1024 };
    },
  };
}

/** Also returns reserved heap to the system, so that only used memory is measured. */
function collect(): void {
  const gc = global.gc as ((how: object) => void) | undefined;
  gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function hookWrites(wrote: (chunk: Buffer | string) => void): void {
  const { write } = Socket.prototype;
  const hooked = function (this: Socket, chunk: Buffer | string, ...rest: unknown[]): boolean {
    wrote(chunk);
    return Reflect.apply(write, this, [chunk, ...rest]) as boolean;
  };
  Socket.prototype.write = hooked as typeof write;
}
