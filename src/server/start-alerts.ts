import type { Settings } from '../config/environment/environment.ts';
import type { AlertReceiver } from '../domain/alerts/alert.ts';
import type { ConfigProblem } from '../domain/config-error.ts';
import { secondMs } from '../domain/durations.ts';
import type { RefreshResult } from '../domain/polling/poll.ts';
import { AlertDispatcher, type AlertDispatcherOptions } from '../push/alerts/alert-dispatcher.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { repeat } from '../runtime/repeat.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { systemTimers } from '../runtime/timers.ts';
import type { NetworkBreaker } from '../schedule/network-breaker.ts';
import {
  dropUndeclared,
  readPendingAlert,
  writeAlertAttempt,
  writeReceiverState,
} from '../store/alerts/alert-deliveries.ts';
import type { Store } from '../store/engine/store.ts';
import { AlertMonitor } from './alerts/alert-monitor.ts';
import { createAlertSender } from './alerts/alert-sender.ts';
import { createMemoryAlertQueue } from './alerts/memory-alert-queue.ts';

const checkEveryMs = secondMs;

/** The dependencies of alerts. */
export interface AlertsParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly breaker: Pick<NetworkBreaker, 'isOpen'>;
  /** Without a trailing slash. */
  readonly publicUrl: string;
}

/** The running alerts. */
export interface Alerts {
  /** Replaces the receivers; the declarations are valid. */
  declare(receivers: readonly AlertReceiver[]): void;
  /** Reports that new declarations are invalid. */
  setProblems(problems: readonly ConfigProblem[]): void;
  /** Reports a finished poll. */
  recordPoll(result: RefreshResult): void;
}

/** Starts to detect problems and to deliver alerts. No receiver is declared at first. Only the polling process does it. */
export function startAlerts(parts: AlertsParts): Alerts {
  const { store, clock, log, shutdown } = parts;
  const sender = createAlertSender(parts);
  shutdown.onStop('alert connections', () => sender.close());
  const common = {
    ...{ clock, log, random: Math.random },
    send: (receiver, alert, signal) => sender.send(receiver, alert, signal),
    setTimer: (delayMs, call) => systemTimers.after(delayMs, call),
  } satisfies Omit<AlertDispatcherOptions, 'queue'>;
  const stored = new AlertDispatcher({
    ...common,
    queue: {
      // Without a writable store the result could not be stored, and the alert would be sent every second.
      next: async (receiver) => (store.storage.writable ? readPendingAlert(store.reader, receiver) : null),
      record: (receiver, { id }, attempt) => writeAlertAttempt(store, { receiver, id }, attempt),
    },
  });
  const memory = createMemoryAlertQueue(async (receiver, _queued, attempt) => {
    if (store.storage.writable) await writeReceiverState(store, receiver, attempt);
  });
  const unstored = new AlertDispatcher({ ...common, queue: memory });
  const monitor = new AlertMonitor({
    ...parts,
    onStored: () => stored.wake(),
    sendNow(alert, receivers) {
      memory.add(alert, receivers);
      unstored.wake();
    },
  });
  const checks = repeat(
    async () => {
      await monitor.check();
      return checkEveryMs;
    },
    { name: 'looking for alerts', log, maxIntervalMs: checkEveryMs },
  );
  shutdown.onStop('alerts', async () => {
    await checks.stop();
    await Promise.all([stored.stop(), unstored.stop()]);
  });
  return {
    declare(receivers) {
      monitor.setProblems([]);
      monitor.setReceivers(receivers);
      const ids = receivers.map(({ id }) => id);
      dropUndeclared(store, ids).catch((error: unknown) => log.error({ err: error }, 'deleting old alerts failed'));
      for (const dispatcher of [stored, unstored]) dispatcher.setReceivers(receivers);
    },
    setProblems: (problems) => monitor.setProblems(problems),
    recordPoll: (result) => monitor.recordPoll(result),
  };
}
