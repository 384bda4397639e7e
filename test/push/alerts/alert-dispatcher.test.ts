import { afterEach, describe, expect, it } from 'vitest';
import type { Alert, AlertReceiver } from '../../../src/domain/alerts/alert.ts';
import { hourMs } from '../../../src/domain/durations.ts';
import { AlertDispatcher, type AlertQueue, type QueuedAlert } from '../../../src/push/alerts/alert-dispatcher.ts';
import type { SendResult } from '../../../src/push/alerts/alert-retry.ts';
import type { Log } from '../../../src/runtime/log.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { anAlert, aReceiver } from './alert-samples.ts';

const ok: SendResult = { kind: 'answered', status: 204, retryAfterMs: null };
const down: SendResult = { kind: 'failed', detail: 'connect_error: refused', status: null };

type Answer = SendResult | ((signal: AbortSignal) => Promise<SendResult>);

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A dispatcher over a queue in memory. Answers are used in order; the last one repeats. */
function prepare(answers: Readonly<Record<string, Answer[]>>) {
  const clock = createFakeClock();
  const waiting = new Map<string, QueuedAlert[]>();
  const recorded: string[] = [];
  const lines: string[] = [];
  const sent: { receiver: string; title: string; atMs: number }[] = [];
  let nextId = 1;
  let recordFault: Error | null = null;
  const queue: AlertQueue = {
    next: async (receiver) => waiting.get(receiver)?.[0] ?? null,
    async record(receiver, queued, { outcome, nextAttemptMs }) {
      if (recordFault !== null) throw recordFault;
      const others = (waiting.get(receiver) ?? []).filter(({ id }) => id !== queued.id);
      const again = { ...queued, attempts: queued.attempts + 1, nextAttemptMs };
      waiting.set(receiver, outcome === 'failed' ? [again, ...others] : others);
      recorded.push(`${receiver} ${queued.alert.title} ${outcome}`);
    },
  };
  const note = (_facts: object, message: string) => void lines.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const dispatcher = new AlertDispatcher({
    ...{ queue, clock, log, random: () => 0.5 },
    async send(receiver, alert, signal) {
      sent.push({ receiver: receiver.id, title: alert.title, atMs: clock.monotonic() });
      const list = answers[receiver.id] ?? [ok];
      const answer = list.length > 1 ? list.shift() : list[0];
      return typeof answer === 'function' ? answer(signal) : (answer ?? ok);
    },
    setTimer: (delayMs, call) => clock.after(delayMs, call),
  });
  cleanups.push(() => void dispatcher.stop());
  return {
    ...{ dispatcher, clock, recorded, sent, lines },
    receivers: Object.keys(answers).map((id): AlertReceiver => aReceiver(id)),
    failRecords(fault: Error | null) {
      recordFault = fault;
    },
    add(title: string, over: Partial<Alert> = {}) {
      for (const id of Object.keys(answers)) {
        const queued = { id: nextId, alert: anAlert({ title, ...over }), attempts: 0 };
        const times = { nextAttemptMs: clock.now(), expiresMs: clock.now() + 12 * hourMs };
        waiting.set(id, [...(waiting.get(id) ?? []), { ...queued, ...times }]);
        nextId += 1;
      }
      dispatcher.wake();
    },
  };
}

describe('the dispatcher of alerts', () => {
  it('delivers alerts in order, each once', async () => {
    const { dispatcher, clock, add, recorded, receivers } = prepare({ ops: [ok] });
    dispatcher.setReceivers(receivers);
    add('one');
    add('two');
    await clock.advance(5000);
    expect(recorded).toEqual(['ops one delivered', 'ops two delivered']);
  });

  it('repeats an alert with back-off until it is accepted, and sends no later one before', async () => {
    const { dispatcher, clock, add, recorded, sent, receivers } = prepare({ ops: [down, down, ok] });
    dispatcher.setReceivers(receivers);
    add('one');
    add('two');
    await clock.advance(60_000);
    expect(recorded).toEqual(['ops one failed', 'ops one failed', 'ops one delivered', 'ops two delivered']);
    const [first = 0, second = 0, third = 0] = sent.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(5000);
    expect(third - second).toBeGreaterThanOrEqual(10_000);
  });

  it('delivers to the others while one receiver is dead and one never answers', async () => {
    const never = () => new Promise<SendResult>(() => {});
    const { dispatcher, clock, add, recorded, receivers, sent } = prepare({ dead: [down], slow: [never], ops: [ok] });
    dispatcher.setReceivers(receivers);
    add('one');
    await clock.advance(1000);
    add('two');
    await clock.advance(1000);
    expect(recorded.filter((line) => line.startsWith('ops'))).toEqual(['ops one delivered', 'ops two delivered']);
    expect(sent.filter(({ receiver }) => receiver === 'slow')).toHaveLength(1);
  });

  it('drops an alert after twelve hours, logs that and continues with the next', async () => {
    const { dispatcher, clock, add, recorded, receivers, lines } = prepare({ ops: [down] });
    dispatcher.setReceivers(receivers);
    add('one');
    await clock.advance(13 * hourMs);
    expect(recorded.at(-1)).toBe('ops one expired');
    expect(recorded.length).toBeLessThan(80);
    expect(lines.at(-1)).toMatch(/^an alert was dropped/);
  });

  it('sends an alert again when its result could not be recorded', async () => {
    const { dispatcher, clock, add, sent, receivers, failRecords, recorded } = prepare({ ops: [ok] });
    dispatcher.setReceivers(receivers);
    failRecords(new Error('disk full'));
    add('one');
    await clock.advance(100);
    failRecords(null);
    await clock.advance(2000);
    expect(sent.map(({ title }) => title)).toEqual(['one', 'one']);
    expect(recorded).toEqual(['ops one delivered']);
  });

  it('sends nothing to a receiver that is not declared any more', async () => {
    const { dispatcher, clock, add, sent, receivers } = prepare({ ops: [down] });
    dispatcher.setReceivers(receivers);
    add('one');
    await clock.advance(1000);
    dispatcher.setReceivers([]);
    await clock.advance(hourMs);
    expect(sent).toHaveLength(1);
  });

  it('aborts a request that is in flight two seconds after it is stopped', async () => {
    const untilAborted = (signal: AbortSignal) =>
      new Promise<SendResult>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const { dispatcher, clock, add, recorded, receivers } = prepare({ ops: [untilAborted] });
    dispatcher.setReceivers(receivers);
    add('one');
    await clock.advance(0);
    const stopped = dispatcher.stop();
    await clock.advance(2000);
    await stopped;
    expect(recorded).toEqual([]);
  });
});
