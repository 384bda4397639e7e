import { assertNever } from '../../domain/assert-never.ts';
import type { EventOp, LogEvent } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import { wireItemJson } from '../../domain/events/wire-item.ts';
import { LruCache } from '../../runtime/lru-cache.ts';
import { unpooled } from '../../runtime/unpooled.ts';
import { channelOf, createMatcher, type FacetCache, filterKeyOf, type Matcher } from './event-filter.ts';

/** A delivery is full at either limit, but contains at least one event. */
export const maxEventsPerDelivery = 64;
/** Of JSON, in bytes. */
export const maxBytesPerDelivery = 64 * 1024;

/** One event as subscribers receive it: a JSON object without its opening brace, so that `type` can be put in front. */
export interface FramedEvent {
  readonly seq: number;
  readonly jsonTail: string;
}

/** Encodes one delivery for a transport. The bytes are shared, so they must not depend on the receiver. */
export interface Encoding {
  readonly name: string;
  encode(delivery: { readonly ch: string; readonly epoch: string; readonly events: readonly FramedEvent[] }): Buffer;
}

/** A position of a filter: all events up to `pos` have been matched; `prev` is the last one that did match. */
export interface FilterPosition {
  readonly pos: number;
  readonly prev: number;
}

/** One step along the log: the position after it, and the bytes to send. */
export interface Step extends FilterPosition {
  readonly bytes: Buffer | null;
  /** Events in `bytes`. */
  readonly count: number;
  /** Whether this step was computed now instead of found in the cache. The run queue limits new steps per slice. */
  readonly isNew: boolean;
  /** Seqs of the events in `bytes`; empty unless `isNew`. */
  readonly seqs: readonly number[];
}

const noSeqs: readonly number[] = [];

/** Shared by all filter groups. */
export interface FrameContext {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly facetCache: FacetCache;
  readonly stepCache: LruCache<Step>;
}

/**
 * A cache of the steps of all filters, however many clients invent. A small one suffices, since subscribers that share a
 * step need it within moments of each other.
 */
export function createStepCache(): LruCache<Step> {
  return new LruCache({ maxBytes: 8 * 1024 * 1024 });
}

/** The item of a `remove`, also when an update moved the item out of the filter. */
function removedJson(event: LogEvent): string {
  if (event.op === 'remove') return event.body;
  const { id, url } = JSON.parse(event.body) as { readonly id: number; readonly url: string | null };
  return JSON.stringify({ id, url });
}

function payloadJson(event: LogEvent, op: EventOp, publicUrl: string): string {
  switch (op) {
    case 'add':
      return `"item":${wireItemJson(event.body, publicUrl, event.itemId)}`;
    case 'update':
      return `"changed":${JSON.stringify(event.changed)},"item":${wireItemJson(event.body, publicUrl, event.itemId)}`;
    case 'remove':
      return `"item":${removedJson(event)}`;
    default:
      return assertNever(op);
  }
}

/**
 * The JSON of an event from `"seq"` to the closing brace.
 *
 * @param op the op sent to the subscriber, which may differ from `event.op`; see `Matcher.decide`.
 * @param publicUrl without a trailing slash.
 */
export function frameEvent(event: LogEvent, op: EventOp, prev: number, publicUrl: string): FramedEvent {
  return {
    seq: event.seq,
    jsonTail: `"seq":${event.seq},"prev":${prev},"op":"${op}",${payloadJson(event, op, publicUrl)}}`,
  };
}

/**
 * The frames of one filter, shared by all its subscribers.
 *
 * Live subscribers are at the same position, and subscribers that reconnect together soon are. A step (the bytes between
 * two positions) is therefore built once, for the first subscriber that needs it, and looked up for the others.
 */
export class FilterGroup {
  readonly key: string;
  readonly channel: string;
  readonly #matcher: Matcher;
  readonly #settings: FrameContext;
  /** Whether the group has several subscribers. Steps of a single subscriber are not cached. */
  shared = true;

  constructor(filters: readonly Filter[], settings: FrameContext, key = filterKeyOf(filters)) {
    this.key = key;
    this.channel = channelOf(key);
    this.#matcher = createMatcher(filters, settings.facetCache);
    this.#settings = settings;
  }

  /**
   * The step from a position through the events that follow it.
   *
   * @param events dense; the first one follows `from.pos`.
   */
  step(
    from: FilterPosition,
    events: readonly LogEvent[],
    wire: { readonly encoding: Encoding; readonly epoch: string },
  ): Step {
    const { stepCache: steps } = this.#settings;
    if (!this.shared) return this.#computeStep(from, events, wire);
    const last = events.at(-1)?.seq ?? from.pos;
    const key = `${this.key} ${wire.encoding.name} ${wire.epoch} ${from.pos} ${from.prev} ${last}`;
    const known = steps.get(key);
    if (known !== undefined) return known;
    const step = this.#computeStep(from, events, wire);
    steps.set(key, { ...step, isNew: false, seqs: noSeqs }, step.bytes?.length ?? 0);
    return step;
  }

  #computeStep(
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
        const next = frameEvent(event, op, prev, this.#settings.publicUrl);
        size += Buffer.byteLength(next.jsonTail);
        if (framed.length > 0 && size > maxBytesPerDelivery) break;
        framed.push(next);
        prev = event.seq;
      }
      pos = event.seq;
      if (framed.length === maxEventsPerDelivery) break;
    }
    const encode = (): Buffer => wire.encoding.encode({ ch: this.channel, epoch: wire.epoch, events: framed });
    // Steps are cached, and would keep whole pools of buffers in memory.
    const bytes = framed.length === 0 ? null : unpooled(encode());
    return { pos, prev, bytes, count: framed.length, isNew: true, seqs: framed.map(({ seq }) => seq) };
  }
}
