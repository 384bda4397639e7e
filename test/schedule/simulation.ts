import { seededRandom } from '../../src/demo/random.ts';
import type { DueSource } from '../../src/domain/polling/poll.ts';
import { createLatenessMonitor, type LatenessMonitor } from '../../src/schedule/lateness-monitor.ts';
import { createHeap } from '../../src/schedule/queue/heap.ts';
import { HostQueue } from '../../src/schedule/queue/host-queue.ts';
import { defaultQueueLimits, type QueueLimits } from '../../src/schedule/queue/queue-limits.ts';
import { nextPollState } from '../../src/schedule/rules/next-poll-state.ts';
import { isTimeout } from '../../src/schedule/rules/poll-backoff.ts';
import { dayMs, minuteMs, secondMs, stateAfter } from './rules/poll-fixtures.ts';
import {
  createPublishers,
  isHealthy,
  type Publisher,
  type PublisherCounts,
  type Reply,
  respond,
} from './simulated-publishers.ts';

export interface Plan extends PublisherCounts {
  readonly days: number;
  readonly limits?: Partial<QueueLimits>;
  /** Lengthens intervals while the schedule is late. */
  readonly paced?: boolean;
}

/** The result of a simulation. */
export interface SimulationResult {
  readonly requests: number;
  readonly meanPerSecond: number;
  readonly peakPerSecond: number;
  readonly peakPerMinute: number;
  /** Share of polls of healthy sources that started within due + 10 % of their interval. */
  readonly punctual: number;
  readonly lateP99Ms: number;
  /** Requests before the time that the publisher allows, or before the next check. */
  readonly early: number;
  readonly busiestHost: string;
  readonly busiestHostRequests: number;
  readonly busiestHostPeakPerSecond: number;
  readonly conditionalShare: number;
  /** The maximum number of requests in the last day to a healthy adaptive source without new items in it. */
  readonly mostIdleRequests: number;
  readonly intervalMultiplier: number;
  readonly neverRead: number;
}

interface Exchange {
  readonly publisher: Publisher;
  readonly reply: Reply;
}

/** Simulates polling publishers for days, second by second, with the real queue and the real next check. */
export function simulate(plan: Plan): SimulationResult {
  return new Simulation(plan).run();
}

class Simulation {
  readonly #plan: Plan;
  readonly #random: () => number;
  readonly #publishers: Publisher[];
  readonly #queue: HostQueue;
  readonly #lateness: LatenessMonitor = createLatenessMonitor();
  readonly #limits: QueueLimits;
  /** Due sources by second, like the index of the database. */
  readonly #due = new Map<number, Publisher[]>();
  #refused: DueSource[] = [];
  readonly #ends = createHeap<Exchange>();
  readonly #count = new Counters();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed + 1);
    this.#publishers = createPublishers(plan);
    this.#limits = { ...defaultQueueLimits, ...plan.limits };
    this.#queue = new HostQueue(this.#limits);
  }

  run(): SimulationResult {
    const { startMs, days } = this.#plan;
    for (const publisher of this.#publishers) this.#schedule(publisher, startMs);
    const endMs = startMs + days * dayMs;
    for (let nowMs = startMs; nowMs < endMs; nowMs += secondMs) {
      if (nowMs === endMs - dayMs) this.#count.startLastDay(this.#publishers.length);
      this.#finish(nowMs);
      this.#offer(nowMs);
      this.#start(nowMs);
    }
    return this.#count.findings({
      world: this.#publishers,
      seconds: (days * dayMs) / secondMs,
      intervalMultiplier: this.#lateness.intervalMultiplier(),
    });
  }

  #schedule(publisher: Publisher, nowMs: number): void {
    const second = Math.max(Math.ceil(publisher.state.nextCheckMs / secondMs) * secondMs, nowMs);
    const bucket = this.#due.get(second);
    if (bucket === undefined) this.#due.set(second, [publisher]);
    else bucket.push(publisher);
  }

  #finish(nowMs: number): void {
    for (let endMs = this.#ends.firstKey(); endMs !== null && endMs <= nowMs; endMs = this.#ends.firstKey()) {
      const exchange = this.#ends.pop();
      if (exchange !== undefined) this.#settle(exchange, endMs);
    }
  }

  #settle({ publisher, reply }: Exchange, endMs: number): void {
    const result = nextPollState({
      source: { url: 'https://example.org/feed', intervalMs: publisher.intervalMs },
      state: publisher.state,
      outcome: reply.outcome,
      nowMs: endMs,
      random: this.#random,
      intervalMultiplier: this.#plan.paced === true ? this.#lateness.intervalMultiplier() : 1,
      hostCycleMs: publisher.neighbours * this.#limits.hostGapMs,
    });
    const slow = result.failure !== null && isTimeout(result.failure);
    this.#queue.complete(publisher.row.id, { timedOut: slow, pauseMs: result.hostPauseMs }, endMs);
    publisher.state = stateAfter(result, publisher.state);
    publisher.settledMs = endMs;
    this.#schedule(publisher, endMs);
  }

  #offer(nowMs: number): void {
    const rows = this.#due.get(nowMs)?.map((publisher) => rowOf(publisher)) ?? [];
    this.#due.delete(nowMs);
    if (this.#refused.length > 0 && nowMs % minuteMs === 0) {
      rows.unshift(...this.#refused);
      this.#refused = [];
    }
    for (const row of rows) if (this.#queue.add([row], nowMs) === 0) this.#refused.push(row);
  }

  #start(nowMs: number): void {
    for (const { source, waitedMs } of this.#queue.take(nowMs)) {
      const publisher = this.#publishers[Number(source.id)];
      if (publisher === undefined) continue;
      this.#lateness.record(waitedMs, nowMs);
      this.#count.start(publisher, nowMs);
      const reply = respond(publisher, nowMs, this.#random);
      this.#count.reply(reply);
      this.#ends.push(nowMs + reply.durationMs, { publisher, reply });
    }
  }
}

function rowOf({ row, state }: Publisher): DueSource {
  return { ...row, nextCheckMs: state.nextCheckMs, consecutiveTimeouts: state.history.consecutiveTimeouts };
}

class Counters {
  #requests = 0;
  #early = 0;
  #healthy = 0;
  #punctual = 0;
  #conditional = 0;
  readonly #late: number[] = [];
  readonly #hosts = new Map<string, number>();
  readonly #second = new PeakOf(secondMs);
  readonly #minute = new PeakOf(minuteMs);
  readonly #hostSecond = new Map<string, PeakOf>();
  #lastDay: Uint16Array | null = null;
  #lastDayMs = Number.POSITIVE_INFINITY;

  startLastDay(sources: number): void {
    this.#lastDay = new Uint16Array(sources);
  }

  start(publisher: Publisher, nowMs: number): void {
    const { host, id } = publisher.row;
    this.#requests += 1;
    this.#second.note(nowMs);
    this.#minute.note(nowMs);
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1);
    if (publisher.neighbours > 100) {
      if (!this.#hostSecond.has(host)) this.#hostSecond.set(host, new PeakOf(secondMs));
      this.#hostSecond.get(host)?.note(nowMs);
    }
    if (nowMs < publisher.notBeforeMs || nowMs < publisher.state.nextCheckMs) this.#early += 1;
    if (this.#lastDay !== null) {
      this.#lastDayMs = Math.min(this.#lastDayMs, nowMs);
      this.#lastDay[Number(id)] = (this.#lastDay[Number(id)] ?? 0) + 1;
    }
    this.#notePunctuality(publisher, nowMs);
  }

  #notePunctuality(publisher: Publisher, nowMs: number): void {
    const { settledMs, state } = publisher;
    if (settledMs === null || !isHealthy(publisher)) return;
    const lateMs = nowMs - state.nextCheckMs;
    this.#healthy += 1;
    if (lateMs <= (state.nextCheckMs - settledMs) / 10) this.#punctual += 1;
    if (this.#healthy % 10 === 0) this.#late.push(lateMs);
  }

  reply({ outcome }: Reply): void {
    if (outcome.kind === 'no-document' && outcome.outcome.kind === 'not-modified' && outcome.outcome.by === 'status') {
      this.#conditional += 1;
    }
  }

  findings(whole: { world: readonly Publisher[]; seconds: number; intervalMultiplier: number }): SimulationResult {
    const [busiestHost, busiestHostRequests] = [...this.#hosts].sort((a, b) => b[1] - a[1])[0] ?? ['none', 0];
    this.#late.sort((a, b) => a - b);
    return {
      requests: this.#requests,
      meanPerSecond: this.#requests / whole.seconds,
      peakPerSecond: this.#second.peak,
      peakPerMinute: this.#minute.peak,
      punctual: this.#punctual / Math.max(this.#healthy, 1),
      lateP99Ms: this.#late[Math.floor(this.#late.length * 0.99)] ?? 0,
      early: this.#early,
      busiestHost,
      busiestHostRequests,
      busiestHostPeakPerSecond: this.#hostSecond.get(busiestHost)?.peak ?? 0,
      conditionalShare: this.#conditional / Math.max(this.#requests, 1),
      mostIdleRequests: this.#mostIdleRequests(whole.world),
      intervalMultiplier: whole.intervalMultiplier,
      neverRead: whole.world.filter((publisher) => publisher.settledMs === null).length,
    };
  }

  #mostIdleRequests(world: readonly Publisher[]): number {
    let most = 0;
    for (const publisher of world) {
      const newest = publisher.state.history.newItemsAtMs[0] ?? 0;
      if (!isHealthy(publisher) || publisher.intervalMs !== null || newest > this.#lastDayMs) continue;
      most = Math.max(most, this.#lastDay?.[Number(publisher.row.id)] ?? 0);
    }
    return most;
  }
}

/** The largest number of events in one interval of a fixed grid. */
class PeakOf {
  readonly #spanMs: number;
  #slot = -1;
  #count = 0;
  peak = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  note(atMs: number): void {
    const slot = Math.floor(atMs / this.#spanMs);
    this.#count = slot === this.#slot ? this.#count + 1 : 1;
    this.#slot = slot;
    this.peak = Math.max(this.peak, this.#count);
  }
}

/** The result as lines of a table. */
export function tableOf(plan: Plan, found: SimulationResult): string {
  const rows: [string, string][] = [
    ['sources x days', `${plan.sources} x ${plan.days}, ${plan.hostileShare * 100} % hostile`],
    ['requests', `${found.requests}, mean ${found.meanPerSecond.toFixed(2)}/s`],
    ['peak', `${found.peakPerSecond} in a second, ${(found.peakPerMinute / 60).toFixed(1)}/s over a minute`],
    [
      'healthy polls within due + 10 %',
      `${(found.punctual * 100).toFixed(3)} %, p99 ${(found.lateP99Ms / 1000).toFixed(0)} s late`,
    ],
    ['early polls', String(found.early)],
    [
      'busiest host',
      `${found.busiestHost}: ${found.busiestHostRequests}, at most ${found.busiestHostPeakPerSecond} in a second`,
    ],
    ['answered 304', `${(found.conditionalShare * 100).toFixed(1)} %`],
    ['most requests to an idle source a day', String(found.mostIdleRequests)],
    ['intervalMultiplier at the end', found.intervalMultiplier.toFixed(2)],
    ['never read', String(found.neverRead)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(38)} ${value}`).join('\n');
}
