// Loaded into the server process before it starts (`node --import`). Writes once a second, as a line of JSON, how long
// the event loop of the main thread was blocked, and what the process has used. SIGUSR2 ends the watch, so that it does
// not count as work of an idle server, and writes what was used between the first and the second SIGUSR2.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = process.env.NEWSWIRE_LOOP_WATCH;
const resolutionMs = 5;

/** CPU time of this thread alone, where the Node version tells it: time given to other processes is no block. */
function threadCpuMs() {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

function processCpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function watch() {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  const write = (line) => appendFileSync(file, `${JSON.stringify({ pid: process.pid, atMs: Date.now(), ...line })}\n`);
  let blockMs = 0;
  let before = threadCpuMs();
  const look = () => {
    const now = threadCpuMs();
    blockMs = Math.max(blockMs, now - before);
    before = now;
  };
  const report = () => {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    write({
      blockMs,
      delayMs: histogram.max / 1e6,
      rssMb: rss / 1048576,
      heapMb: heapUsed / 1048576,
      externalMb: external / 1048576,
      buffersMb: arrayBuffers / 1048576,
    });
    blockMs = 0;
    histogram.reset();
    before = threadCpuMs();
  };
  histogram.enable();
  const timers = [setInterval(look, resolutionMs), setInterval(report, 1000)];
  for (const timer of timers) timer.unref();
  let idleSince = null;
  process.on('SIGUSR2', () => {
    for (const timer of timers) clearInterval(timer);
    histogram.disable();
    if (idleSince === null) idleSince = { wallMs: performance.now(), cpuMs: processCpuMs() };
    else write({ idle: { wallMs: performance.now() - idleSince.wallMs, cpuMs: processCpuMs() - idleSince.cpuMs } });
  });
}

// Neither worker threads nor child processes of the server, which inherit the option.
if (file !== undefined && isMainThread && process.send === undefined && process.argv.includes('serve')) watch();
