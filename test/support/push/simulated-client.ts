import { LogPosition } from '../../../src/client/stream-consumer.ts';
import type { LogEvent } from '../../../src/domain/events/event.ts';
import type { Filter } from '../../../src/domain/events/filter.ts';
import type { WireEvent } from '../../../src/domain/events/wire.ts';
import type { Sink, Subscription } from '../../../src/push/fanout/subscription.ts';
import { readable, readDelivery } from './fan-out-harness.ts';
import type { Node, Simulation } from './resume-simulation.ts';

/** A client that follows the receive rule over connections that break. */
export interface SimulatedClient {
  /** Connects, reads one message, or loses its connection. */
  act(): void;
  /** Connects and reads all messages. */
  settle(): void;
  isAtEnd(): boolean;
  /** Compares the applied events with the log. */
  verify(): void;
}

type Message =
  | { readonly kind: 'subscribed'; readonly cursor: string }
  | { readonly kind: 'items'; readonly list: readonly WireEvent[] }
  | { readonly kind: 'position'; readonly seq: number; readonly prev: number }
  | { readonly kind: 'reset'; readonly reason: string };

interface Envelope {
  readonly reader: Reader;
  readonly message: Message;
}

/** Events applied between two resets, within one epoch. */
interface Segment {
  readonly epoch: string;
  readonly base: number;
  readonly applied: string[];
}

/** One subscription over all connections. */
interface Reader {
  readonly filter: Filter;
  position: LogPosition | null;
  segment: Segment | null;
  prev: number;
}

interface Connection {
  readonly inbox: Envelope[];
  readonly subscriptions: Map<Reader, Subscription>;
  readonly node: Node;
  alive: boolean;
}

/** Number of messages until a connection is not writable. */
const room = 6;

/** The op that a subscription must receive for an event: an independent implementation of the filter. */
function expectedOp(filter: Filter, event: LogEvent): string | null {
  const wants = (sections: readonly string[] | undefined) =>
    filter.sections.length === 0
      ? sections !== undefined
      : (sections ?? []).some((section) => filter.sections.includes(section.toLowerCase()));
  const isIn = event.op !== 'remove' && wants(event.facets.sections);
  const wasIn = wants(event.previousFacets?.sections);
  const mayEnter = isIn && (filter.backfill || !event.backfill);
  if (event.op === 'add') return mayEnter ? 'add' : null;
  if (wasIn) return isIn ? 'update' : 'remove';
  return mayEnter ? 'update' : null;
}

class ModelClient implements SimulatedClient {
  readonly #simulation: Simulation;
  readonly #readers: Reader[];
  #connection: Connection | null = null;
  #slowFor = 0;

  constructor(simulation: Simulation, filters: readonly Filter[]) {
    this.#simulation = simulation;
    this.#readers = filters.map((filter) => ({ filter, position: null, segment: null, prev: 0 }));
  }

  act(): void {
    const { random } = this.#simulation;
    if (this.#connection === null) {
      if (random() < 0.3) this.#connect();
      return;
    }
    const chance = random();
    if (chance < 0.04 || !this.#connection.alive) this.#disconnect();
    else if (chance < 0.2) for (const subscription of this.#connection.subscriptions.values()) subscription.sendPos();
    // Some clients are slow for a while, so that the server has to stop writing.
    else if (this.#slowFor > 0) this.#slowFor -= 1;
    else if (chance < 0.24) this.#slowFor = 20;
    else this.#read(this.#connection);
  }

  settle(): void {
    if (this.#connection !== null && !this.#connection.alive) this.#disconnect();
    if (this.#connection === null) this.#connect();
    const connection = this.#connection;
    while (connection !== null && connection.inbox.length > 0) this.#read(connection);
    for (const subscription of this.#connection?.subscriptions.values() ?? []) {
      subscription.wake();
      subscription.sendPos();
    }
  }

  isAtEnd(): boolean {
    const { epoch, headSeq } = this.#simulation.log;
    return this.#readers.every(({ position }) => position?.cursor === `${epoch}-${headSeq}`);
  }

  verify(): void {
    for (const reader of this.#readers) this.#endSegment(reader);
  }

  #connect(): void {
    const { random, nodes, stats } = this.#simulation;
    const node = nodes[Math.floor(random() * nodes.length)];
    if (node === undefined) return;
    stats.connections += 1;
    const old = this.#connection;
    this.#connection = { inbox: [], subscriptions: new Map(), node, alive: true };
    if (this.#simulation.fault.client === 'processes its old connection' && old !== null)
      this.#connection.inbox.push(...old.inbox);
    for (const reader of this.#readers) this.#subscribe(reader, this.#connection);
  }

  #disconnect(): void {
    const connection = this.#connection;
    if (connection === null) return;
    for (const subscription of connection.subscriptions.values()) subscription.close();
    connection.alive = false;
    this.#connection = null;
    if (this.#simulation.fault.client !== 'processes its old connection') return;
    const late = connection.inbox.slice();
    this.#connect();
    (this.#connection as Connection | null)?.inbox.push(...late);
  }

  #subscribe(reader: Reader, connection: Connection): void {
    const { tail, fanOut } = connection.node;
    const sink = new ModelSink(reader, connection);
    const planted = this.#simulation.fault.sink?.(sink, tail) ?? sink;
    const cursor = reader.position?.cursor ?? null;
    const dash = cursor?.lastIndexOf('-') ?? 0;
    const after =
      cursor === null ? ('head' as const) : { epoch: cursor.slice(0, dash), seq: Number(cursor.slice(dash + 1)) };
    connection.subscriptions.set(reader, fanOut.subscribe({ filters: [reader.filter], after, sink: planted }));
  }

  #read(connection: Connection): void {
    const envelope = connection.inbox.shift();
    if (envelope === undefined) return;
    if (connection.inbox.length === room - 1) {
      for (const subscription of connection.subscriptions.values()) subscription.wake();
    }
    const { reader, message } = envelope;
    if (message.kind === 'subscribed') this.#start(reader, message.cursor);
    else if (message.kind === 'items') for (const event of message.list) this.#applyEvent(reader, event);
    else if (message.kind === 'position') this.#applyPosition(reader, message);
    else this.#applyReset(reader, connection, message.reason);
  }

  #start(reader: Reader, cursor: string): void {
    if (reader.position !== null && reader.position.cursor !== cursor) {
      this.#violation(`started at ${cursor} instead of ${reader.position.cursor}`);
    }
    reader.position = LogPosition.fromCursor(cursor);
    const [epoch = '', seq = ''] = cursor.split('-');
    reader.segment ??= { epoch, base: Number(seq), applied: [] };
    reader.prev = Number(seq);
    if (this.#simulation.fault.client === 'one cursor for all')
      for (const other of this.#readers) other.position = reader.position;
  }

  #applyEvent(reader: Reader, event: WireEvent): void {
    const { position, segment } = reader;
    if (position === null || segment === null) {
      this.#violation('an item before subscribed');
      return;
    }
    if (event.prev !== reader.prev) this.#violation(`prev ${event.prev} instead of ${reader.prev}`);
    const verdict = position.classifyItem(event);
    if (verdict !== 'apply') {
      this.#violation(`${verdict} at ${event.seq}`);
      return;
    }
    // A client that crashes here has stored a cursor whose event it never applied.
    if (this.#simulation.fault.client === 'stores before it applies' && this.#simulation.random() < 0.02) {
      position.advanceTo(event.seq);
      return;
    }
    segment.applied.push(`${event.op} ${event.seq}`);
    this.#simulation.stats.items += 1;
    position.advanceTo(event.seq);
    reader.prev = event.seq;
  }

  #applyPosition(reader: Reader, message: { readonly seq: number; readonly prev: number }): void {
    const { position } = reader;
    if (position === null) {
      this.#violation('a position before subscribed');
      return;
    }
    if (message.prev !== reader.prev) this.#violation(`prev ${message.prev} instead of ${reader.prev}`);
    if (position.classifyPosition(message) === 'gap') {
      this.#violation(`gap before ${message.seq}`);
      return;
    }
    position.advanceTo(message.seq);
  }

  #applyReset(reader: Reader, connection: Connection, reason: string): void {
    const { log, stats } = this.#simulation;
    stats.resets += 1;
    this.#checkReset(reader, reason);
    this.#endSegment(reader);
    // The snapshot: items and cursor of the same instant.
    reader.position = LogPosition.fromCursor(`${log.epoch}-${log.headSeq}`);
    reader.segment = { epoch: log.epoch, base: log.headSeq, applied: [] };
    reader.prev = log.headSeq;
    if (connection.alive) this.#subscribe(reader, connection);
  }

  /** The reason of a reset must be true. */
  #checkReset(reader: Reader, reason: string): void {
    const { epoch, floorSeq, headSeq } = this.#simulation.log;
    const cursor = reader.position?.cursor ?? `${epoch}-${headSeq}`;
    const [ownEpoch = '', seq = ''] = cursor.split('-');
    const isReplaced = this.#simulation.history.size > 1 && ownEpoch !== epoch;
    if (reason === 'epoch_changed' && !isReplaced) this.#violation('reset for an epoch that did not change');
    if (reason === 'cursor_too_old' && !isReplaced && Number(seq) >= floorSeq - 1) {
      this.#violation(`reset as too old at ${seq}, floor ${floorSeq}`);
    }
    if (reason === 'cursor_in_future' || reason === 'replay_too_large') this.#violation(`reset as ${reason}`);
  }

  #endSegment(reader: Reader): void {
    const { segment, position, filter } = reader;
    reader.segment = null;
    if (segment === null || position === null) return;
    const [epoch, seq = ''] = position.cursor.split('-');
    if (epoch !== segment.epoch) {
      this.#violation(`went from epoch ${segment.epoch} to ${epoch} without a reset`);
      return;
    }
    const past = this.#simulation.history.get(segment.epoch) ?? [];
    const wanted = past.slice(segment.base, Number(seq)).flatMap((event) => {
      const op = expectedOp(filter, event);
      return op === null ? [] : [`${op} ${event.seq}`];
    });
    if (wanted.join() !== segment.applied.join()) {
      this.#violation(`expected [${wanted.join()}], got [${segment.applied.join()}]`);
    }
  }

  #violation(what: string): void {
    this.#simulation.violations.push(what);
  }
}

/** The sink of a simulated subscription. */
class ModelSink implements Sink {
  readonly encoding = readable;
  readonly #reader: Reader;
  readonly #connection: Connection;

  constructor(reader: Reader, connection: Connection) {
    this.#reader = reader;
    this.#connection = connection;
  }

  writable(): boolean {
    return this.#connection.alive && this.#connection.inbox.length < room;
  }

  subscribed(after: { readonly epoch: string; readonly seq: number }): void {
    this.#push({ kind: 'subscribed', cursor: `${after.epoch}-${after.seq}` });
  }

  deliver(bytes: Buffer): void {
    this.#push({ kind: 'items', list: readDelivery(bytes) });
  }

  live(position: { readonly seq: number; readonly prev: number }): void {
    this.#push({ kind: 'position', ...position });
  }

  pos(position: { readonly seq: number; readonly prev: number }): void {
    this.#push({ kind: 'position', ...position });
  }

  reset(reason: string): void {
    this.#push({ kind: 'reset', reason });
  }

  aborted(): void {
    this.#connection.alive = false;
  }

  #push(message: Message): void {
    if (this.#connection.alive) this.#connection.inbox.push({ reader: this.#reader, message });
  }
}

/** Creates a client with one subscription per filter, not connected yet. */
export function createSimulatedClient(simulation: Simulation, filters: readonly Filter[]): SimulatedClient {
  return new ModelClient(simulation, filters);
}
