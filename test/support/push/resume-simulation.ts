import { seededRandom } from '../../../src/demo/random.ts';
import type { LogEvent } from '../../../src/domain/events/event.ts';
import { everything, type Filter } from '../../../src/domain/events/filter.ts';
import { createFanOut, type FanOut } from '../../../src/push/fanout/fan-out.ts';
import type { Sink } from '../../../src/push/fanout/subscription.ts';
import { createLogTail, type LogTail } from '../../../src/push/log/log-tail.ts';
import type { LogReader } from '../../../src/push/log/page-reader.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { MemoryLog } from './memory-log.ts';
import { createSimulatedClient, type SimulatedClient } from './simulated-client.ts';

/**
 * A bug, injected at the interfaces between the parts of push. The simulation must detect each.
 */
export interface FaultInjection {
  readonly reader?: (log: LogReader) => LogReader;
  readonly tail?: (tail: LogTail, log: MemoryLog) => LogTail;
  readonly fanOut?: (fanOut: FanOut, tail: LogTail) => FanOut;
  readonly sink?: (sink: Sink, tail: LogTail) => Sink;
  /** Nodes that rely on notifications and never poll. */
  readonly ignoresPolling?: true;
  readonly client?: 'one cursor for all' | 'stores before it applies' | 'processes its old connection';
}

/** One server process. */
export interface Node {
  readonly tail: LogTail;
  readonly fanOut: FanOut;
  readonly slices: (() => void)[];
}

/** The log, two nodes and a dozen clients; a random generator chooses the next step. */
export interface Simulation {
  readonly random: () => number;
  readonly log: MemoryLog;
  readonly nodes: readonly Node[];
  readonly fault: FaultInjection;
  /** All events ever written, by epoch: index 0 is seq 1. */
  readonly history: Map<string, LogEvent[]>;
  /** Detected violations of the protocol. */
  readonly violations: string[];
  readonly stats: { items: number; resets: number; connections: number };
}

const sections = ['A', 'B', 'C', 'D', 'E'];

interface Item {
  readonly id: number;
  section: string;
  readonly backfill: boolean;
}

/** Writes events: adds, updates, moves and withdraws items. */
function createWriter({ random, log, history }: Simulation) {
  const items: Item[] = [];
  let nextId = 1;
  const pick = () => items[Math.floor(random() * items.length)];
  const section = () => sections[Math.floor(random() * sections.length)] ?? 'A';

  function write(): LogEvent {
    const chance = random();
    const item = chance < 0.5 ? undefined : pick();
    if (item === undefined) {
      const added = { id: nextId++, section: section(), backfill: random() < 0.15 };
      items.push(added);
      const facets = { sections: [added.section] };
      return log.append({ op: 'add', itemId: added.id, backfill: added.backfill, facets });
    }
    const was = { sections: [item.section] };
    const facts = { itemId: item.id, backfill: item.backfill, was };
    if (chance < 0.9) {
      if (random() < 0.4) item.section = section();
      return log.append({ ...facts, op: 'update', changed: ['title'], facets: { sections: [item.section] } });
    }
    items.splice(items.indexOf(item), 1);
    return log.append({ ...facts, op: 'remove', facets: was });
  }

  return {
    write() {
      const event = write();
      const past = history.get(log.epoch) ?? [];
      past.push(event);
      history.set(log.epoch, past);
    },
    /** A backup is restored: the log starts again with another epoch. */
    restore(epoch: string) {
      items.length = 0;
      log.replace(epoch, 0);
      history.set(epoch, []);
    },
  };
}

/** Delays reads at random, before and after they access the log. */
function holdReads(log: MemoryLog, random: () => number) {
  const held: (() => void)[] = [];
  let open = false;
  const hold = () => (!open && random() < 0.5 ? new Promise<void>((resolve) => held.push(resolve)) : undefined);
  log.beforeRead = hold;
  log.afterRead = hold;
  const head = log.bounds.bind(log);
  log.bounds = async () => {
    await hold();
    return head();
  };
  return {
    count: () => held.length,
    release() {
      const index = Math.floor(random() * held.length);
      held.splice(index, 1)[0]?.();
    },
    /** Stops delaying reads. */
    open() {
      open = true;
      for (const release of held.splice(0)) release();
    },
  };
}

async function createNode(log: MemoryLog, fault: FaultInjection): Promise<Node> {
  const reader = fault.reader?.(log) ?? log;
  const sizes = { pageSize: 16, maxEvents: 10, maxCachedBytes: 60_000, readsAtOnce: 2, lookEveryMs: 2e9 };
  const sound = createLogTail({ eventLog: reader, log: silentLog, ...sizes });
  await sound.start();
  const tail = fault.tail?.(sound, log) ?? sound;
  const slices: (() => void)[] = [];
  const fanOut = createFanOut({
    tail,
    clock: { now: () => 0, monotonic: () => 0 },
    log: silentLog,
    publicUrl: '',
    limits: { maxEventsBetweenPos: 10 },
    defer: (work) => void slices.push(work),
  });
  return { tail, slices, fanOut: fault.fanOut?.(fanOut, tail) ?? fanOut };
}

function filterOf(index: number, random: () => number): Filter {
  if (index % 4 === 0) return { ...everything, backfill: random() < 0.5 };
  const wanted = sections.filter(() => random() < 0.3).map((section) => section.toLowerCase());
  return { ...everything, sections: wanted.length > 0 ? wanted : ['a'], backfill: random() < 0.3 };
}

/** Runs a simulation until all clients are at the head. `violations` is empty if every client was served correctly. */
export async function runResumeSimulation(seed: number, fault: FaultInjection = {}, steps = 1000): Promise<Simulation> {
  const random = seededRandom(seed);
  const log = new MemoryLog();
  const nodes = [await createNode(log, fault), await createNode(log, fault)];
  const history = new Map<string, LogEvent[]>([[log.epoch, []]]);
  const stats = { items: 0, resets: 0, connections: 0 };
  const simulation: Simulation = { random, log, nodes, fault, history, violations: [], stats };
  const writer = createWriter(simulation);
  for (let index = 0; index < 20; index += 1) writer.write();
  const reads = holdReads(log, random);
  const clients = Array.from({ length: 12 }, (_, index) => {
    return createSimulatedClient(simulation, [
      filterOf(index, random),
      ...(index % 3 === 0 ? [filterOf(index + 1, random)] : []),
    ]);
  });
  for (let index = 0; index < steps; index += 1) {
    if (random() < 0.25) write(simulation, writer);
    await step(simulation, clients, reads);
  }
  await runToHead(simulation, clients, reads);
  // One more event without a notification.
  writer.write();
  await runToHead(simulation, clients, reads);
  reads.open();
  for (const client of clients) client.verify();
  for (const node of nodes) {
    if (node.tail.holes > 0) simulation.violations.push(`${node.tail.holes} holes`);
    await node.tail.stop();
  }
  return simulation;
}

function write(simulation: Simulation, writer: ReturnType<typeof createWriter>): void {
  const { random, log, nodes } = simulation;
  const events = 1 + Math.floor(random() * 3);
  for (let index = 0; index < events; index += 1) writer.write();
  if (random() < 0.02) log.trim(log.headSeq - Math.floor(random() * 40));
  if (random() < 0.004) writer.restore(`r${log.headSeq}x${Math.floor(random() * 1e6)}`);
  // Notifications may be lost, by one node or by both.
  for (const node of nodes) if (random() < 0.6) node.tail.notify(log.headSeq);
}

type Reads = ReturnType<typeof holdReads>;

/** Performs one random step, and all work that follows from it without waiting. */
async function step(simulation: Simulation, clients: readonly SimulatedClient[], reads: Reads): Promise<void> {
  const { random, nodes, fault } = simulation;
  const node = nodes[Math.floor(random() * nodes.length)];
  const client = clients[Math.floor(random() * clients.length)];
  const chance = random();
  if (chance < 0.25) reads.release();
  else if (chance < 0.5) node?.slices.shift()?.();
  else if (chance < 0.55 && fault.ignoresPolling === undefined) node?.tail.notify(Number.MAX_SAFE_INTEGER);
  else client?.act();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Without further events every client must reach the head and stay there. */
async function runToHead(simulation: Simulation, clients: readonly SimulatedClient[], reads: Reads): Promise<void> {
  for (let round = 0; round < 600; round += 1) {
    while (reads.count() > 0) reads.release();
    for (const node of simulation.nodes) {
      if (simulation.fault.ignoresPolling === undefined) node.tail.notify(Number.MAX_SAFE_INTEGER);
      for (const slice of node.slices.splice(0)) slice();
    }
    for (const client of clients) client.settle();
    await new Promise((resolve) => setImmediate(resolve));
    if (round > 20 && reads.count() === 0 && clients.every((client) => client.isAtEnd())) return;
  }
  for (const client of clients) if (!client.isAtEnd()) simulation.violations.push('a client never reached the head');
}
