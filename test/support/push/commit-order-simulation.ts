import { seededRandom } from '../../../src/demo/random.ts';
import type { LogBounds, LogEvent } from '../../../src/domain/events/event.ts';
import { everything } from '../../../src/domain/events/filter.ts';
import { createFanOut } from '../../../src/push/fanout/fan-out.ts';
import { createLogTail } from '../../../src/push/log/log-tail.ts';
import type { LogReader } from '../../../src/push/log/page-reader.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { RecordingSink } from './fan-out-harness.ts';
import { logEvent } from './memory-log.ts';

/** How writers number their events. Only the first is correct; the others are used by other systems. */
export type Numbering =
  | 'a counter that is locked until the commit'
  | 'a sequence that is read when an event is written'
  | 'a counter that is unlocked before the commit'
  | 'a sequence, read up to the oldest open transaction';

/** One writer's transaction, between its begin and its commit. */
interface Transaction {
  readonly id: number;
  readonly seqs: number[];
  events: number;
}

interface Committed {
  readonly event: LogEvent;
  readonly transaction: number;
}

/** A log with concurrent writers, and readers that see committed events. */
class ConcurrentLog implements LogReader {
  readonly #numbering: Numbering;
  readonly #open = new Set<Transaction>();
  #committed: Committed[] = [];
  #counter = 0;
  #transactions = 0;

  constructor(numbering: Numbering) {
    this.#numbering = numbering;
  }

  begin(): Transaction {
    const transaction = { id: ++this.#transactions, seqs: [], events: 0 };
    this.#open.add(transaction);
    return transaction;
  }

  /** Writes one event. A sequence assigns its seq immediately. */
  write(transaction: Transaction): void {
    transaction.events += 1;
    if (!this.#isCounted) transaction.seqs.push(++this.#counter);
  }

  /** The last statements of a transaction. A counter that is not locked is released here, before the commit. */
  number(transaction: Transaction): void {
    if (this.#isCounted && !this.#isLocked) this.#count(transaction);
  }

  commit(transaction: Transaction): void {
    this.#open.delete(transaction);
    if (this.#isCounted) this.#count(transaction);
    for (const seq of transaction.seqs) this.#committed.push({ event: logEvent(seq), transaction: transaction.id });
    this.#committed.sort((a, b) => a.event.seq - b.event.seq);
  }

  rollBack(transaction: Transaction): void {
    this.#open.delete(transaction);
  }

  /** The seqs of all committed events, in order. */
  all(): readonly number[] {
    return this.#committed.map(({ event }) => event.seq);
  }

  async bounds(): Promise<LogBounds> {
    return { epoch: 'e1', head: this.#visible().at(-1)?.event.seq ?? 0, floor: 1 };
  }

  async read(afterSeq: number, limit: number): Promise<readonly LogEvent[]> {
    const found = this.#visible().filter(({ event }) => event.seq > afterSeq);
    return found.slice(0, limit).map(({ event }) => event);
  }

  #count(transaction: Transaction): void {
    while (transaction.seqs.length < transaction.events) transaction.seqs.push(++this.#counter);
  }

  get #isCounted(): boolean {
    return this.#isLocked || this.#numbering === 'a counter that is unlocked before the commit';
  }

  get #isLocked(): boolean {
    return this.#numbering === 'a counter that is locked until the commit';
  }

  #visible(): readonly Committed[] {
    if (this.#numbering !== 'a sequence, read up to the oldest open transaction') return this.#committed;
    const oldest = Math.min(...[...this.#open].map(({ id }) => id), Number.POSITIVE_INFINITY);
    return this.#committed.filter(({ transaction }) => transaction < oldest);
  }
}

/** The events that a reader misses or gets twice or out of order, and the holes that the tail counts. */
export interface CommitOrderResult {
  readonly committed: number;
  readonly missed: number;
  readonly disordered: number;
  readonly holes: number;
}

/** Runs sixteen writers and one reader of the real tail in a random order. */
export async function runCommitOrderSimulation(
  seed: number,
  numbering: Numbering,
  steps = 600,
): Promise<CommitOrderResult> {
  const random = seededRandom(seed);
  const log = new ConcurrentLog(numbering);
  const tail = createLogTail({ eventLog: log, log: silentLog, pollEveryMs: 2e9, pageSize: 8, maxEvents: 20 });
  await tail.start();
  const clock = { now: () => 0, monotonic: () => 0 };
  const fanOut = createFanOut({ tail, clock, log: silentLog, publicUrl: '' });
  const sink = new RecordingSink();
  fanOut.subscribe({ filters: [everything], after: 'head', sink });
  const writers: (Transaction | null)[] = Array.from({ length: 16 }, () => null);
  for (let step = 0; step < steps; step += 1) {
    const writer = Math.floor(random() * writers.length);
    writers[writer] = act(log, writers[writer] ?? null, random);
    if (random() < 0.5) tail.notify(Number.MAX_SAFE_INTEGER);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const open of writers) if (open !== null) log.commit(open);
  for (let round = 0; round < 50; round += 1) {
    tail.notify(Number.MAX_SAFE_INTEGER);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await tail.stop();
  const got = sink.notes.flatMap((note) => (/^add (\d+)</.exec(note) ?? []).slice(1).map(Number));
  const seen = new Set(got);
  return {
    committed: log.all().length,
    missed: log.all().filter((seq) => !seen.has(seq)).length,
    disordered: got.filter((seq, index) => seq <= (got[index - 1] ?? 0)).length,
    holes: tail.holes,
  };
}

function act(log: ConcurrentLog, open: Transaction | null, random: () => number): Transaction | null {
  if (open === null) return log.begin();
  const chance = random();
  if (chance < 0.4) log.write(open);
  else if (chance < 0.6) log.number(open);
  else if (chance < 0.65) log.rollBack(open);
  else if (chance < 0.85) log.commit(open);
  return chance < 0.6 || chance >= 0.85 ? open : null;
}
