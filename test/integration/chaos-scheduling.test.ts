import { afterEach, describe, expect, it } from 'vitest';
import { chaosCase } from '../support/chaos/chaos-origin.ts';
import { chaosSource } from '../support/chaos/polling-harness.ts';
import { casesOf, createChaosSuite, dayMs, hourMs } from '../support/chaos/run-chaos-cases.ts';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../support/chaos/simulated-network.ts';
import { noteOf, notesOf } from '../support/notes.ts';
import { type Origin, startOrigin } from '../support/origin.ts';

const suite = createChaosSuite('scheduling');
const minuteMs = 60_000;
const secondMs = 1_000;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An origin that responds as the row describes under every name. */
async function originOf(row: string, variant: string): Promise<Origin> {
  const origin = await startOrigin();
  closing.push(() => origin.close());
  const set = chaosCase(row).variants[variant]?.({} as never) as readonly never[];
  return origin.on('/feed', ...set);
}

async function townWith(options: Pick<SimulatedNetworkOptions, 'others' | 'limits'>): Promise<SimulatedNetwork> {
  const network = await new SimulatedNetwork({ speed: 20, healthy: 20, intervalMs: minuteMs, ...options }).open();
  closing.push(() => network.close());
  // The healthy sources have a history before the others are added.
  await network.run(10 * minuteMs, () => network.results.length === 20);
  await network.makeOthersDue();
  return network;
}

const seconds = (ms: number): string => `${(ms / secondMs).toFixed(1)} s`;

describe('hints of the publisher', () => {
  it('H68: that ask for years are capped at a day', async () => {
    const run = await suite.open('H68', 'hints');
    await run.poll();
    expect(await run.notes()).toEqual(expect.arrayContaining(notesOf('hint_capped', 'hint_invalid')));
    const report = await run.report();
    expect(report.nextCheckMs - run.harness.nowMs).toBe(dayMs * 1.05);
    await run.poll();
    expect((await run.items())[0]?.title).toBe('Story 4 of the herald');
  });
});

describe('many sources', { timeout: 180_000 }, () => {
  it('H78: that all stall at once delay healthy ones only briefly', async () => {
    const origin = await originOf('H78', 'stall');
    const others = Array.from({ length: 10_000 }, (_, n) =>
      chaosSource(`stalled-${n}`, `http://host-${n % 200}.example.org:${origin.port}/feed?n=${n}`, { headers: {} }),
    );
    // Ten seconds of the accelerated clock.
    const network = await townWith({ others, limits: { headersMs: 500 } });
    const sinceMs = network.clock.now();
    const settledMs = sinceMs + 4 * minuteMs;
    const reads = () => network.reads.filter((read) => read.plannedMs > settledMs);
    const delay = await network.run(10 * minuteMs, () => reads().length >= 20);

    expect(reads().length).toBeGreaterThanOrEqual(20);
    const stalled = network.results.filter(({ sourceId }) => sourceId.startsWith('stalled'));
    expect(stalled.length).toBeGreaterThan(300);
    expect([...new Set(stalled.map(({ failure }) => failure))]).toEqual(['header_timeout']);
    const onset = Math.max(...network.reads.map(({ lateMs }) => lateMs));
    const worst = Math.max(...reads().map(({ lateMs }) => lateMs));
    expect(onset).toBeLessThan(4 * minuteMs);
    expect(worst).toBeLessThan(minuteMs / 2);
    expect(delay.blockMs).toBeLessThan(1_000);
    suite.record('H78', 'stall', {
      recorded: `${stalled.length} x header_timeout; healthy late by ${seconds(onset)} at first, then ${seconds(worst)}`,
      p99Ms: delay.p99Ms,
      onTime: true,
    });
  });

  it('H79: on one host are polled at its gap, and others on schedule', async () => {
    const origin = await originOf('H79', 'crowd');
    const others = Array.from({ length: 5_000 }, (_, n) =>
      chaosSource(`crowd-${n}`, `http://crowd.example.org:${origin.port}/feed?n=${n}`, { headers: {} }),
    );
    const network = await townWith({ others, limits: {} });
    const sinceMs = network.clock.now();
    const delay = await network.run(10 * minuteMs, () => network.reads.length >= 40);

    expect(network.reads.length).toBeGreaterThanOrEqual(40);
    const lastedMs = network.clock.now() - sinceMs;
    expect(origin.requests.length).toBeLessThanOrEqual(lastedMs / secondMs + 2);
    expect(origin.requests.length).toBeGreaterThan(lastedMs / secondMs / 4);
    const worst = Math.max(...network.reads.map(({ lateMs }) => lateMs));
    expect(worst).toBeLessThan(minuteMs / 2);
    const crowd = (await network.reports()).filter(({ id, outcome }) => id.startsWith('crowd') && outcome === 'fresh');
    expect(crowd.length).toBeGreaterThan(50);
    for (const report of crowd) {
      expect(report.notes).toContainEqual(noteOf('host_throttled'));
      expect(report.nextCheckMs - (report.lastAttemptMs ?? 0)).toBeGreaterThanOrEqual(5_000 * secondMs);
      expect(report.nextCheckMs - (report.lastAttemptMs ?? 0)).toBeLessThan(2 * hourMs);
    }
    expect(delay.blockMs).toBeLessThan(1_000);
    suite.record('H79', 'crowd', {
      recorded: `${crowd.length} x fresh host_throttled in ${seconds(lastedMs)}; healthy late by ${seconds(worst)}`,
      p99Ms: delay.p99Ms,
      onTime: true,
    });
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('scheduling'));
  });
});
