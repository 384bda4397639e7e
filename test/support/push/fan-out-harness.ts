import { everything, type Filter } from '../../../src/domain/events/filter.ts';
import type { WireEvent } from '../../../src/domain/events/wire.ts';
import { createFanOut, type FanOut, type FanOutOptions, type StartPosition } from '../../../src/push/fanout/fan-out.ts';
import type { Encoding } from '../../../src/push/fanout/frames.ts';
import type { Sink, Subscription } from '../../../src/push/fanout/subscription.ts';
import { createLogTail, type LogTail, type LogTailOptions } from '../../../src/push/log/log-tail.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { drainEventLoop } from './drain-event-loop.ts';
import type { MemoryLog } from './memory-log.ts';

/** An encoding that tests decode with `readDelivery`. */
export const readable: Encoding = {
  name: 'readable',
  encode: ({ events }) => Buffer.from(`[${events.map(({ jsonTail: rest }) => `{${rest}`).join(',')}]`),
};

/** Decodes a delivery of `readable`. */
export function readDelivery(bytes: Buffer): WireEvent[] {
  return JSON.parse(bytes.toString()) as WireEvent[];
}

/** Records all messages. `room` is the number of deliveries until it is no longer writable. */
export class RecordingSink implements Sink {
  encoding = readable;
  room = Number.POSITIVE_INFINITY;
  /** `subscribed e1-3 of 9`, `item 4<3`, `live 9<4`, `pos 12<4`, `reset cursor_too_old`, `lost`. */
  readonly notes: string[] = [];
  subscription: Subscription | null = null;
  /** Runs inside each delivery. */
  onDeliver: () => void = () => {};

  writable(): boolean {
    return this.room > 0;
  }

  subscribed(after: { epoch: string; seq: number }, head: number): void {
    this.notes.push(`subscribed ${after.epoch}-${after.seq} of ${head}`);
  }

  deliver(bytes: Buffer): void {
    this.room -= 1;
    for (const { op, seq, prev } of readDelivery(bytes)) this.notes.push(`${op} ${seq}<${prev}`);
    this.onDeliver();
  }

  live({ seq, prev }: { seq: number; prev: number }): void {
    this.notes.push(`live ${seq}<${prev}`);
  }

  pos({ seq, prev }: { seq: number; prev: number }): void {
    this.notes.push(`pos ${seq}<${prev}`);
  }

  reset(reason: string, { epoch, head, floor }: { epoch: string; head: number; floor: number }): void {
    this.notes.push(`reset ${reason} ${epoch} ${floor}..${head}`);
  }

  aborted(): void {
    this.notes.push('lost');
  }

  /** Makes room and wakes the subscription. */
  drain(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.subscription?.wake();
  }

  take(): string[] {
    return this.notes.splice(0);
  }
}

/** A tail and a fan-out over a log in memory. */
export interface FanOutHarness {
  readonly log: MemoryLog;
  readonly tail: LogTail;
  readonly fanOut: FanOut;
  nowMs: number;
  /** Subscribes a recording sink and runs until nothing is left to do. */
  subscribe(after: StartPosition, filters?: readonly Filter[], sink?: RecordingSink): Promise<RecordingSink>;
  /** Appends events and notifies the tail. */
  publish(events?: number): Promise<void>;
}

/** Creates a harness whose tail does not poll. */
export async function createFanOutHarness(
  log: MemoryLog,
  options: { readonly tail?: Partial<LogTailOptions>; readonly fanOut?: Partial<FanOutOptions> } = {},
): Promise<FanOutHarness> {
  const tail = createLogTail({ eventLog: log, log: silentLog, pollEveryMs: 1e6, ...options.tail });
  await tail.start();
  const fanOut = createFanOut({
    tail,
    clock: { now: () => harness.nowMs, monotonic: () => harness.nowMs },
    log: silentLog,
    publicUrl: 'https://news.example.org',
    ...options.fanOut,
  });
  const harness: FanOutHarness = {
    log,
    tail,
    fanOut,
    nowMs: 0,
    async subscribe(after, filters = [everything], sink = new RecordingSink()) {
      sink.subscription = fanOut.subscribe({ filters, after, sink });
      await drainEventLoop();
      return sink;
    },
    async publish(events = 1) {
      for (let index = 0; index < events; index += 1) log.append();
      tail.notify(log.headSeq);
      await drainEventLoop();
    },
  };
  return harness;
}
