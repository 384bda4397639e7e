import { Socket } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** What a server spent and how late it was since its meter was set to nothing. */
export interface Reading {
  readonly cpuMs: number;
  /** Written to sockets. */
  readonly bytes: number;
  /** From the commit of an event to the write to a socket. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Longest time that the event loop was away. */
  readonly longestMs: number;
  readonly rssKb: number;
  /** Seq and `monotonicMs` of each event committed. */
  readonly published: readonly (readonly [number, number])[];
}

/** Milliseconds on a clock that all processes of a machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Measures this process, by its writes to sockets. */
export interface Meter {
  /** The event in these bytes, and in any that begin with its seq, was committed now. */
  committed(seq: number): void;
  reset(): void;
  read(): Reading;
}

const mostSamples = 4_000_000;

/** Hooks the writes of all sockets: once a process, and alike in every server that is compared. */
export function createMeter(): Meter {
  const samples = new Float64Array(mostSamples);
  const commits = new Map<number, number>();
  let published: [number, number][] = [];
  // The bytes of a frame are shared by all who get it: looked into once.
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

/** Also gives back what the heap keeps in reserve: what counts is what is held, not how fast it was asked for. */
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
