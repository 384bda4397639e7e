import type { EventOp, LogEvent } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import { wireItemJson } from '../../domain/events/wire-item.ts';
import { channelOf, createMatcher, filterKeyOf, type Matcher } from './event-filter.ts';
import type { FacetCache } from './facet-cache.ts';
import type { StepCache } from './step-cache.ts';

/** Events of one delivery: coalescing stops at either bound, but one event always goes. */
export const maxEventsPerDelivery = 64;
/** Of JSON, in bytes. */
export const maxBytesPerDelivery = 64 * 1024;

/** One event as its subscribers will see it: a JSON object without the opening brace, so that `type` can go before. */
export interface FramedEvent {
  readonly seq: number;
  readonly rest: string;
}

/** Turns one delivery into the bytes of a transport. Must not depend on who receives them: they are shared. */
export interface Encoding {
  readonly name: string;
  encode(delivery: { readonly ch: string; readonly epoch: string; readonly events: readonly FramedEvent[] }): Buffer;
}

/** A subscription's place: everything up to `pos` was looked at; `prev` is the last event that matched. */
export interface FilterPosition {
  readonly pos: number;
  readonly prev: number;
}

/** One step along the log: the place after it, and what to send for it. */
export interface Step extends FilterPosition {
  readonly bytes: Buffer | null;
  /** Events in `bytes`. */
  readonly count: number;
  /** Whether this step was worked out now, not found among the shared ones: what a slice of time is measured by. */
  readonly isNew: boolean;
  /** Of the events in `bytes`, when fresh. */
  readonly seqs: readonly number[];
}

const noSeqs: readonly number[] = [];

/** What the steps of all groups have in common. */
export interface FrameContext {
  /** Without a trailing slash. */
  readonly publicUrl: () => string;
  readonly prepared: FacetCache;
  readonly steps: StepCache;
}

/** What a subscriber is told when an item leaves its filter or is withdrawn. */
function removedJson(event: LogEvent): string {
  if (event.op === 'remove') return event.body;
  const { id, url } = JSON.parse(event.body) as { readonly id: number; readonly url: string | null };
  return JSON.stringify({ id, url });
}

/** The rest of an event's JSON, from `"seq"` to the closing brace. */
export function frameEvent(event: LogEvent, op: EventOp, prev: number, publicUrl: string): FramedEvent {
  const changed = op === 'update' ? `"changed":${JSON.stringify(event.changed)},` : '';
  const item = op === 'remove' ? removedJson(event) : wireItemJson(event.body, publicUrl, event.itemId);
  return { seq: event.seq, rest: `"seq":${event.seq},"prev":${prev},"op":"${op}",${changed}"item":${item}}` };
}

/**
 * The frames of one filter, shared by all its subscribers.
 *
 * Subscribers who follow the log stand at the same place, and those who come back together soon do. So what is shared
 * is the step, the bytes for everything between two places: built for the first who takes it, a look-up for the rest.
 */
export class FilterGroup {
  /** By which subscriptions are grouped; see `groupKeyOf`. */
  readonly key: string;
  /** The name of the filter on the wire. */
  readonly channel: string;
  readonly #matcher: Matcher;
  readonly #settings: FrameContext;
  /** Whether there are several who may take a step: for one alone none is kept. */
  shared = true;

  constructor(filters: readonly Filter[], settings: FrameContext, key = filterKeyOf(filters)) {
    this.key = key;
    this.channel = channelOf(key);
    this.#matcher = createMatcher(filters, settings.prepared);
    this.#settings = settings;
  }

  /**
   * The step from a place through the events that follow it.
   *
   * @param events dense, the first one follows `from.pos`.
   */
  step(
    from: FilterPosition,
    events: readonly LogEvent[],
    wire: { readonly encoding: Encoding; readonly epoch: string },
  ): Step {
    const { steps } = this.#settings;
    const last = events[events.length - 1]?.seq ?? from.pos;
    const place = { pos: from.pos, prev: from.prev, last, encoding: wire.encoding.name, epoch: wire.epoch };
    const known = this.shared ? steps.get(this, place) : null;
    if (known !== null) return known;
    const step = this.#work(from, events, wire);
    if (this.shared) steps.set(this, place, { ...step, isNew: false, seqs: noSeqs });
    return step;
  }

  #work(
    from: FilterPosition,
    events: readonly LogEvent[],
    wire: { readonly encoding: Encoding; readonly epoch: string },
  ): Step {
    const framed: FramedEvent[] = [];
    let { pos, prev } = from;
    let size = 0;
    for (const event of events) {
      const op = this.#matcher.decide(event);
      if (op !== null) {
        const next = frameEvent(event, op, prev, this.#settings.publicUrl());
        size += Buffer.byteLength(next.rest);
        if (framed.length > 0 && size > maxBytesPerDelivery) break;
        framed.push(next);
        prev = event.seq;
      }
      pos = event.seq;
      if (framed.length === maxEventsPerDelivery) break;
    }
    const bytes =
      framed.length === 0 ? null : wire.encoding.encode({ ch: this.channel, epoch: wire.epoch, events: framed });
    return { pos, prev, bytes, count: framed.length, isNew: true, seqs: framed.map(({ seq }) => seq) };
  }
}
