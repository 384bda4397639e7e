import type { LogEvent } from '../../../src/domain/events/event.ts';
import { everything, type Filter } from '../../../src/domain/events/filter.ts';
import { createFanOut, type FanOut } from '../../../src/push/fanout/fan-out.ts';
import type { Sink } from '../../../src/push/fanout/subscription.ts';
import type { LogReader } from '../../../src/push/log/log-reader.ts';
import { createLogTail, type LogTail } from '../../../src/push/log/log-tail.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { MemoryLog } from './memory-log.ts';
import { seededRandom } from './seeded-random.ts';
import { createSimulatedClient, type SimulatedClient } from './simulated-client.ts';

/**
 * A bug, planted where the parts of push meet: in what is between them, never inside. Each must be caught.
 */
export interface FaultInjection {
  readonly reader?: (log: LogReader) => LogReader;
  readonly tail?: (tail: LogTail, log: MemoryLog) => LogTail;
  readonly fanOut?: (fanOut: FanOut, tail: LogTail) => FanOut;
  readonly sink?: (sink: Sink, tail: LogTail) => Sink;
  /** Nodes that wait for the doorbell, and never look by themselves. */
  readonly ignoresPolling?: true;
  readonly client?: 'one place for all' | 'stores before it applies' | 'hears its old connection';
}

/** One process that serves readers. */
export interface Node {
  readonly tail: LogTail;
  readonly fanOut: FanOut;
  readonly slices: (() => void)[];
}

/** The log, two nodes, a dozen readers, and chance, which decides what happens next. */
export interface Simulation {
  readonly random: () => number;
  readonly log: MemoryLog;
  readonly nodes: readonly Node[];
  readonly plant: FaultInjection;
  /** Everything that was ever in the log, by epoch: index 0 is seq 1. */
  readonly history: Map<string, LogEvent[]>;
  /** What a reader must never see. */
  readonly violations: string[];
  readonly stats: { items: number; resets: number; connections: number };
}

const sections = ['A', 'B', 'C', 'D', 'E'];

interface Item {
  readonly id: number;
  section: string;
  readonly backfill: boolean;
}

/** The one who writes the log: adds, edits, moves and withdraws items. */
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
    /** A backup is restored: the log begins anew under another epoch. */
    restore(epoch: string) {
      items.length = 0;
      log.replace(epoch, 0);
      history.set(epoch, []);
    },
  };
}

/** Reads that wait until chance lets them go on, before they look at the log and after. */
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
    /** Holds none back from now on. */
    open() {
      open = true;
      for (const release of held.splice(0)) release();
    },
  };
}

async function createNode(log: MemoryLog, plant: FaultInjection): Promise<Node> {
  const reader = plant.reader?.(log) ?? log;
  const sizes = { pageSize: 16, maxEvents: 10, maxCachedBytes: 60_000, readsAtOnce: 2, lookEveryMs: 2e9 };
  const sound = createLogTail({ eventLog: reader, log: silentLog, ...sizes });
  await sound.start();
  const tail = plant.tail?.(sound, log) ?? sound;
  const slices: (() => void)[] = [];
  const fanOut = createFanOut({
    tail,
    clock: { now: () => 0, monotonic: () => 0 },
    log: silentLog,
    publicUrl: () => '',
    limits: { maxEventsBetweenPos: 10 },
    defer: (work) => void slices.push(work),
  });
  return { tail, slices, fanOut: plant.fanOut?.(fanOut, tail) ?? fanOut };
}

function filterOf(index: number, random: () => number): Filter {
  if (index % 4 === 0) return { ...everything, backfill: random() < 0.5 };
  const wanted = sections.filter(() => random() < 0.3).map((section) => section.toLowerCase());
  return { ...everything, sections: wanted.length > 0 ? wanted : ['a'], backfill: random() < 0.3 };
}

/** Runs a world for a while and lets it come to rest. The violations tell whether anybody was served wrongly. */
export async function runResumeSimulation(seed: number, plant: FaultInjection = {}, steps = 1000): Promise<Simulation> {
  const random = seededRandom(seed);
  const log = new MemoryLog();
  const nodes = [await createNode(log, plant), await createNode(log, plant)];
  const history = new Map<string, LogEvent[]>([[log.epoch, []]]);
  const stats = { items: 0, resets: 0, connections: 0 };
  const world: Simulation = { random, log, nodes, plant, history, violations: [], stats };
  const writer = createWriter(world);
  for (let index = 0; index < 20; index += 1) writer.write();
  const reads = holdReads(log, random);
  const clients = Array.from({ length: 12 }, (_, index) => {
    return createSimulatedClient(world, [
      filterOf(index, random),
      ...(index % 3 === 0 ? [filterOf(index + 1, random)] : []),
    ]);
  });
  for (let step = 0; step < steps; step += 1) {
    if (random() < 0.25) write(world, writer);
    await turn(world, clients, reads);
  }
  await comeToRest(world, clients, reads);
  // One more into the silence, and nobody hears the bell for it.
  writer.write();
  await comeToRest(world, clients, reads);
  reads.open();
  for (const client of clients) client.verify();
  for (const node of nodes) {
    if (node.tail.holes > 0) world.violations.push(`${node.tail.holes} holes`);
    await node.tail.stop();
  }
  return world;
}

function write(world: Simulation, writer: ReturnType<typeof createWriter>): void {
  const { random, log, nodes } = world;
  const events = 1 + Math.floor(random() * 3);
  for (let index = 0; index < events; index += 1) writer.write();
  if (random() < 0.02) log.trim(log.headSeq - Math.floor(random() * 40));
  if (random() < 0.004) writer.restore(`r${log.headSeq}x${Math.floor(random() * 1e6)}`);
  // The doorbell: may be lost, by one node or by both.
  for (const node of nodes) if (random() < 0.6) node.tail.notify(log.headSeq);
}

type Reads = ReturnType<typeof holdReads>;

/** One thing happens, chosen by chance, and all that follows from it without waiting. */
async function turn(world: Simulation, clients: readonly SimulatedClient[], reads: Reads): Promise<void> {
  const { random, nodes, plant } = world;
  const node = nodes[Math.floor(random() * nodes.length)];
  const client = clients[Math.floor(random() * clients.length)];
  const chance = random();
  if (chance < 0.25) reads.release();
  else if (chance < 0.5) node?.slices.shift()?.();
  else if (chance < 0.55 && plant.ignoresPolling === undefined) node?.tail.notify(Number.MAX_SAFE_INTEGER);
  else client?.act();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Nothing is written any more: everybody must get to the end of the log, and stay there. */
async function comeToRest(world: Simulation, clients: readonly SimulatedClient[], reads: Reads): Promise<void> {
  for (let round = 0; round < 600; round += 1) {
    while (reads.count() > 0) reads.release();
    for (const node of world.nodes) {
      if (world.plant.ignoresPolling === undefined) node.tail.notify(Number.MAX_SAFE_INTEGER);
      for (const slice of node.slices.splice(0)) slice();
    }
    for (const client of clients) client.settle();
    await new Promise((resolve) => setImmediate(resolve));
    if (round > 20 && reads.count() === 0 && clients.every((client) => client.isAtEnd())) return;
  }
  for (const client of clients) if (!client.isAtEnd()) world.violations.push('a reader never got to the end');
}
