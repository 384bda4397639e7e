import { LogPosition } from '../../../src/client/log-position.ts';
import type { LogEvent } from '../../../src/domain/events/event.ts';
import type { Filter } from '../../../src/domain/events/filter.ts';
import type { WireEvent } from '../../../src/domain/events/wire.ts';
import type { Sink, Subscription } from '../../../src/push/fanout/subscription.ts';
import { readable, readDelivery } from './fan-out-harness.ts';
import type { Node, Simulation } from './resume-simulation.ts';

/** A reader that keeps to the rule of the protocol, on connections that break. */
export interface SimulatedClient {
  /** Does something: connects, reads one message, or loses its connection. */
  act(): void;
  /** Stays connected and reads all that is there. */
  settle(): void;
  isAtEnd(): boolean;
  /** Compares all that was received with what the log held. */
  verify(): void;
}

type Message =
  | { readonly kind: 'subscribed'; readonly cursor: string }
  | { readonly kind: 'items'; readonly list: readonly WireEvent[] }
  | { readonly kind: 'place'; readonly seq: number; readonly prev: number }
  | { readonly kind: 'reset'; readonly reason: string };

interface Envelope {
  readonly reader: Reader;
  readonly message: Message;
}

/** What was received without a break: from a place to a place, within one epoch. */
interface Segment {
  readonly epoch: string;
  readonly base: number;
  readonly applied: string[];
}

/** One subscription as its client sees it, over all connections. */
interface Reader {
  readonly filter: Filter;
  place: LogPosition | null;
  segment: Segment | null;
  prev: number;
}

interface Connection {
  readonly inbox: Envelope[];
  readonly subscriptions: Map<Reader, Subscription>;
  readonly node: Node;
  alive: boolean;
}

/** Messages that a connection holds before it is not writable. */
const room = 6;

/** What a filter must be told of an event, thought out anew: the oracle. */
function told(filter: Filter, event: LogEvent): string | null {
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
  readonly #world: Simulation;
  readonly #readers: Reader[];
  #connection: Connection | null = null;
  #patience = 0;

  constructor(world: Simulation, filters: readonly Filter[]) {
    this.#world = world;
    this.#readers = filters.map((filter) => ({ filter, place: null, segment: null, prev: 0 }));
  }

  act(): void {
    const { random } = this.#world;
    if (this.#connection === null) {
      if (random() < 0.3) this.#connect();
      return;
    }
    const chance = random();
    if (chance < 0.04 || !this.#connection.alive) this.#disconnect();
    else if (chance < 0.2) for (const subscription of this.#connection.subscriptions.values()) subscription.sendPos();
    // Some are slow for a while: their messages pile up until the server has to stop.
    else if (this.#patience > 0) this.#patience -= 1;
    else if (chance < 0.24) this.#patience = 20;
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
    const { epoch, headSeq } = this.#world.log;
    return this.#readers.every(({ place }) => place?.cursor === `${epoch}-${headSeq}`);
  }

  verify(): void {
    for (const reader of this.#readers) this.#endSegment(reader);
  }

  #connect(): void {
    const { random, nodes, stats } = this.#world;
    const node = nodes[Math.floor(random() * nodes.length)];
    if (node === undefined) return;
    stats.connections += 1;
    const old = this.#connection;
    this.#connection = { inbox: [], subscriptions: new Map(), node, alive: true };
    if (this.#world.plant.client === 'hears its old connection' && old !== null)
      this.#connection.inbox.push(...old.inbox);
    for (const reader of this.#readers) this.#subscribe(reader, this.#connection);
  }

  #disconnect(): void {
    const connection = this.#connection;
    if (connection === null) return;
    for (const subscription of connection.subscriptions.values()) subscription.close();
    connection.alive = false;
    this.#connection = null;
    if (this.#world.plant.client !== 'hears its old connection') return;
    const late = connection.inbox.slice();
    this.#connect();
    (this.#connection as Connection | null)?.inbox.push(...late);
  }

  #subscribe(reader: Reader, connection: Connection): void {
    const { tail, fanOut } = connection.node;
    const sink = new ModelSink(reader, connection);
    const planted = this.#world.plant.sink?.(sink, tail) ?? sink;
    const cursor = reader.place?.cursor ?? null;
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
    if (message.kind === 'subscribed') this.#begin(reader, message.cursor);
    else if (message.kind === 'items') for (const event of message.list) this.#receive(reader, event);
    else if (message.kind === 'place') this.#moveOn(reader, message);
    else this.#startAnew(reader, connection, message.reason);
  }

  #begin(reader: Reader, cursor: string): void {
    if (reader.place !== null && reader.place.cursor !== cursor) {
      this.#violation(`put on ${cursor} instead of ${reader.place.cursor}`);
    }
    reader.place = LogPosition.fromCursor(cursor);
    const [epoch = '', seq = ''] = cursor.split('-');
    reader.segment ??= { epoch, base: Number(seq), applied: [] };
    reader.prev = Number(seq);
    if (this.#world.plant.client === 'one place for all') for (const other of this.#readers) other.place = reader.place;
  }

  #receive(reader: Reader, event: WireEvent): void {
    const { place, segment } = reader;
    if (place === null || segment === null) {
      this.#violation('an item before the place');
      return;
    }
    if (event.prev !== reader.prev) this.#violation(`prev ${event.prev} instead of ${reader.prev}`);
    const verdict = place.classifyItem(event);
    if (verdict !== 'apply') {
      this.#violation(`${verdict} at ${event.seq}`);
      return;
    }
    // A client that dies here has stored a place that it never reached.
    if (this.#world.plant.client === 'stores before it applies' && this.#world.random() < 0.02) {
      place.advanceTo(event.seq);
      return;
    }
    segment.applied.push(`${event.op} ${event.seq}`);
    this.#world.stats.items += 1;
    place.advanceTo(event.seq);
    reader.prev = event.seq;
  }

  #moveOn(reader: Reader, told: { readonly seq: number; readonly prev: number }): void {
    const { place } = reader;
    if (place === null) {
      this.#violation('a place before the first');
      return;
    }
    if (told.prev !== reader.prev) this.#violation(`prev ${told.prev} instead of ${reader.prev}`);
    if (place.classifyPosition(told) === 'gap') {
      this.#violation(`gap before ${told.seq}`);
      return;
    }
    place.advanceTo(told.seq);
  }

  #startAnew(reader: Reader, connection: Connection, reason: string): void {
    const { log, stats } = this.#world;
    stats.resets += 1;
    this.#judgeReset(reader, reason);
    this.#endSegment(reader);
    // The snapshot: items and cursor of one moment.
    reader.place = LogPosition.fromCursor(`${log.epoch}-${log.headSeq}`);
    reader.segment = { epoch: log.epoch, base: log.headSeq, applied: [] };
    reader.prev = log.headSeq;
    if (connection.alive) this.#subscribe(reader, connection);
  }

  /** A reset is no way out: it must be true. */
  #judgeReset(reader: Reader, reason: string): void {
    const { epoch, floorSeq, headSeq } = this.#world.log;
    const cursor = reader.place?.cursor ?? `${epoch}-${headSeq}`;
    const [ownEpoch = '', seq = ''] = cursor.split('-');
    const isReplaced = this.#world.history.size > 1 && ownEpoch !== epoch;
    if (reason === 'epoch_changed' && !isReplaced) this.#violation('reset for an epoch that did not change');
    if (reason === 'cursor_too_old' && !isReplaced && Number(seq) >= floorSeq - 1) {
      this.#violation(`reset as too old at ${seq}, floor ${floorSeq}`);
    }
    if (reason === 'cursor_in_future' || reason === 'replay_too_large') this.#violation(`reset as ${reason}`);
  }

  #endSegment(reader: Reader): void {
    const { segment, place, filter } = reader;
    reader.segment = null;
    if (segment === null || place === null) return;
    const [epoch, seq = ''] = place.cursor.split('-');
    if (epoch !== segment.epoch) {
      this.#violation(`went from epoch ${segment.epoch} to ${epoch} unawares`);
      return;
    }
    const past = this.#world.history.get(segment.epoch) ?? [];
    const wanted = past.slice(segment.base, Number(seq)).flatMap((event) => {
      const op = told(filter, event);
      return op === null ? [] : [`${op} ${event.seq}`];
    });
    if (wanted.join() !== segment.applied.join()) {
      this.#violation(`wanted [${wanted.join()}], got [${segment.applied.join()}]`);
    }
  }

  #violation(what: string): void {
    this.#world.violations.push(what);
  }
}

/** The server's end of a subscription of the model. */
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

  live(place: { readonly seq: number; readonly prev: number }): void {
    this.#push({ kind: 'place', ...place });
  }

  pos(place: { readonly seq: number; readonly prev: number }): void {
    this.#push({ kind: 'place', ...place });
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

/** A client with one subscription for each filter, not connected yet. */
export function createSimulatedClient(world: Simulation, filters: readonly Filter[]): SimulatedClient {
  return new ModelClient(world, filters);
}
