import { type Numbering, runCommitOrderSimulation } from './commit-order-simulation.ts';
import { faultInjections } from './fault-injections.ts';
import { runResumeSimulation } from './resume-simulation.ts';

/** What sound code came to over many seeds. */
export interface ModelTotals {
  readonly seeds: number;
  readonly items: number;
  readonly resets: number;
  readonly connections: number;
  /** Events that writers committed at the same time. */
  readonly committed: number;
  /** What must not be: by seed. */
  readonly violations: readonly string[];
}

/** A planted bug and the first seed that caught it; null: it survived. */
export interface BugReport {
  readonly bug: string;
  readonly seed: number | null;
  /** By what it was found out. */
  readonly violation: string;
}

const right: Numbering = 'a counter that is locked to the commit';
const wrongNumberings: readonly Numbering[] = [
  'a sequence that is asked when an event is written',
  'a counter that is let go before the commit',
  'a sequence, read up to the oldest open transaction',
];

/** Every bug that is planted. */
export const plantedBugs: readonly string[] = [
  ...Object.keys(faultInjections),
  ...wrongNumberings.map((numbering) => `events are numbered by ${numbering}`),
];

async function orderFaults(seed: number, numbering: Numbering): Promise<{ faults: string[]; committed: number }> {
  const { missed, disordered, holes, committed } = await runCommitOrderSimulation(seed, numbering);
  const faults =
    missed + disordered + holes === 0 ? [] : [`${missed} missed, ${disordered} disordered, ${holes} holes`];
  return { faults, committed };
}

/** Runs both models over the sound code. */
export async function runModels(seeds: number, onSeed: (seed: number) => void = () => {}): Promise<ModelTotals> {
  const sums = { items: 0, resets: 0, connections: 0, committed: 0 };
  const violations: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const world = await runResumeSimulation(seed);
    const order = await orderFaults(seed, right);
    for (const one of [...world.violations, ...order.faults]) violations.push(`seed ${seed}: ${one}`);
    sums.items += world.stats.items;
    sums.resets += world.stats.resets;
    sums.connections += world.stats.connections;
    sums.committed += order.committed;
    onSeed(seed);
  }
  return { seeds, ...sums, violations };
}

/** Looks for the first seed that finds a planted bug out. */
export async function findBug(bug: string, seeds: number): Promise<BugReport> {
  const plant = faultInjections[bug];
  const numbering = wrongNumberings.find((one) => bug.endsWith(one));
  for (let seed = 1; seed <= seeds; seed += 1) {
    const found =
      numbering === undefined
        ? (await runResumeSimulation(seed, plant?.())).violations
        : (await orderFaults(seed, numbering)).faults;
    if (found[0] !== undefined) return { bug, seed, violation: found[0] };
  }
  return { bug, seed: null, violation: '' };
}
