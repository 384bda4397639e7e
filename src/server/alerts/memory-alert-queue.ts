import type { Alert, AlertReceiver } from '../../domain/alerts/alert.ts';
import { hourMs } from '../../domain/durations.ts';
import type { AlertQueue, QueuedAlert } from '../../push/alerts/alert-dispatcher.ts';

const maxAgeMs = 12 * hourMs;
const maxPending = 20;

/** A queue of alerts in memory: for storage faults, during which nothing can be stored. Lost when the process ends. */
export interface MemoryAlertQueue extends AlertQueue {
  add(alert: Alert, receivers: readonly AlertReceiver[]): void;
}

/** @param onAttempt called with each result. */
export function createMemoryAlertQueue(onAttempt: AlertQueue['record']): MemoryAlertQueue {
  const waiting = new Map<string, QueuedAlert[]>();
  let nextId = 1;
  return {
    add(alert, receivers) {
      for (const { id } of receivers) {
        const queued = { id: nextId, alert, attempts: 0, nextAttemptMs: alert.atMs, expiresMs: alert.atMs + maxAgeMs };
        waiting.set(id, [...(waiting.get(id) ?? []), queued].slice(-maxPending));
        nextId += 1;
      }
    },
    next: async (receiver) => waiting.get(receiver)?.[0] ?? null,
    async record(receiver, queued, attempt) {
      const { outcome, nextAttemptMs } = attempt;
      const others = (waiting.get(receiver) ?? []).filter(({ id }) => id !== queued.id);
      const again = { ...queued, attempts: queued.attempts + 1, nextAttemptMs };
      waiting.set(receiver, outcome === 'failed' ? [again, ...others] : others);
      await onAttempt(receiver, queued, attempt);
    },
  };
}
