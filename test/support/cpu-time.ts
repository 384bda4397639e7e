/** Milliseconds of CPU time that this thread spends on `work`. Independent of other load on the machine. */
export function threadCpuMs(work: () => void): number {
  // Node 22 has only the time of the whole process.
  const usage = (): NodeJS.CpuUsage => process.threadCpuUsage?.() ?? process.cpuUsage();
  const before = usage();
  work();
  const after = usage();
  return (after.user + after.system - before.user - before.system) / 1000;
}
