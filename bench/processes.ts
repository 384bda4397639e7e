import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** What a process and its descendants have used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Highest resident set of each process, summed, in MB. */
  readonly peakRssMb: number;
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

function rows(): Row[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name in parentheses may contain anything; the fields start after it: utime, stime, and both of ended children.
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const ticks = (fields[11] ?? 0) + (fields[12] ?? 0) + (fields[13] ?? 0) + (fields[14] ?? 0);
      return [{ pid: Number(name), parent: fields[1] ?? 0, ticks }];
    } catch (error) {
      // The process ended after it was listed.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
        return [];
      throw error;
    }
  });
}

/** The usage of a process tree (Linux only). */
export function usageOf(pid: number): Usage {
  const all = rows();
  const tree = new Set([pid]);
  for (let grown = true; grown; ) {
    const found = all.filter((row) => tree.has(row.parent) && !tree.has(row.pid));
    for (const row of found) tree.add(row.pid);
    grown = found.length > 0;
  }
  const mine = all.filter((row) => tree.has(row.pid));
  return {
    cpuSeconds: mine.reduce((sum, row) => sum + row.ticks, 0) / ticksPerSecond,
    peakRssMb: mine.reduce((sum, row) => sum + peakMbOf(row.pid), 0),
  };
}

function peakMbOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Starts a script and resolves with its first line of output. */
export async function startScript(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)));
  });
  return { child, line };
}
