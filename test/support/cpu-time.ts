/**
 * Starts a timer of the CPU time of this thread, which other load on the machine does not change.
 *
 * @returns a function that returns the milliseconds since the start.
 */
export function startCpuTimer(): () => number {
  // Node 22 has only the time of the whole process.
  const usage = (): NodeJS.CpuUsage => process.threadCpuUsage?.() ?? process.cpuUsage();
  const before = usage();
  return () => {
    const after = usage();
    return (after.user + after.system - before.user - before.system) / 1000;
  };
}

/** Milliseconds of CPU time that this thread spends on `work`. */
export function threadCpuMs(work: () => void): number {
  const spentMs = startCpuTimer();
  work();
  return spentMs();
}
