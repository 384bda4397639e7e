import { type Numbering, runCommitOrderSimulation } from './commit-order-simulation.ts';
import { faultInjections } from './fault-injections.ts';
import { runResumeSimulation } from './resume-simulation.ts';

/** Totals of runs without an injected bug. */
export interface ModelTotals {
  readonly seeds: number;
  readonly items: number;
  readonly resets: number;
  readonly connections: number;
  /** Events that writers committed at the same time. */
  readonly committed: number;
  /** Violations, with their seeds. */
  readonly violations: readonly string[];
}

/** An injected bug and the first seed that detected it; null: not detected. */
export interface BugReport {
  readonly bug: string;
  readonly seed: number | null;
  /** The violation that detected it. */
  readonly violation: string;
}

const right: Numbering = 'a counter that is locked until the commit';
const wrongNumberings: readonly Numbering[] = [
  'a sequence that is read when an event is written',
  'a counter that is unlocked before the commit',
  'a sequence, read up to the oldest open transaction',
];

/** All injected bugs. */
export const injectedBugs: readonly string[] = [
  ...Object.keys(faultInjections),
  ...wrongNumberings.map((numbering) => `events are numbered by ${numbering}`),
];

async function orderViolations(seed: number, numbering: Numbering): Promise<{ faults: string[]; committed: number }> {
  const { missed, disordered, holes, committed } = await runCommitOrderSimulation(seed, numbering);
  const faults =
    missed + disordered + holes === 0 ? [] : [`${missed} missed, ${disordered} disordered, ${holes} holes`];
  return { faults, committed };
}

/** Runs both simulations without injected bugs. */
export async function runModels(seeds: number, onSeed: (seed: number) => void = () => {}): Promise<ModelTotals> {
  const sums = { items: 0, resets: 0, connections: 0, committed: 0 };
  const violations: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const simulation = await runResumeSimulation(seed);
    const order = await orderViolations(seed, right);
    for (const one of [...simulation.violations, ...order.faults]) violations.push(`seed ${seed}: ${one}`);
    sums.items += simulation.stats.items;
    sums.resets += simulation.stats.resets;
    sums.connections += simulation.stats.connections;
    sums.committed += order.committed;
    onSeed(seed);
  }
  return { seeds, ...sums, violations };
}

/** Searches the first seed that detects an injected bug. */
export async function findBug(bug: string, seeds: number): Promise<BugReport> {
  const fault = faultInjections[bug];
  const numbering = wrongNumberings.find((one) => bug.endsWith(one));
  for (let seed = 1; seed <= seeds; seed += 1) {
    const found =
      numbering === undefined
        ? (await runResumeSimulation(seed, fault?.())).violations
        : (await orderViolations(seed, numbering)).faults;
    if (found[0] !== undefined) return { bug, seed, violation: found[0] };
  }
  return { bug, seed: null, violation: '' };
}
