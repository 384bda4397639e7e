/** Milliseconds of processor time that this thread spends on `work`: what a busy machine does not change. */
export function threadCpuMs(work: () => void): number {
  // Node 22 knows only the time of the whole process.
  const usage = (): NodeJS.CpuUsage => process.threadCpuUsage?.() ?? process.cpuUsage();
  const before = usage();
  work();
  const after = usage();
  return (after.user + after.system - before.user - before.system) / 1000;
}
