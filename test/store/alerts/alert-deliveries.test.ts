import { describe, expect, it } from 'vitest';
import { dayMs, hourMs } from '../../../src/domain/durations.ts';
import {
  dropUndeclared,
  readPendingAlert,
  readReceiverStates,
  writeAlertAttempt,
} from '../../../src/store/alerts/alert-deliveries.ts';
import { readIncidents, writeIncidents } from '../../../src/store/alerts/alert-incidents.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { engines, withStore } from '../../contract/test-engines.ts';
import { anAlert, alertNoon as noon } from '../../push/alerts/alert-samples.ts';

const attempt = { status: 500, detail: 'HTTP 500', atMs: noon, nextAttemptMs: noon + 5000 } as const;

async function enqueue(store: Store, titles: readonly string[], receivers = ['ops']): Promise<void> {
  const alerts = titles.map((title) => ({ alert: anAlert({ title }), receivers: receivers.map((id) => ({ id })) }));
  await writeIncidents(store, [], { alerts, nowMs: noon });
}

describe.each(engines)('stored alerts on $name', (engine) => {
  it('wait for their receivers in order until they are delivered', () =>
    withStore(engine, async (store) => {
      await enqueue(store, ['one', 'two'], ['ops', 'phone']);
      const first = await readPendingAlert(store.reader, 'ops');
      expect(first).toMatchObject({ alert: anAlert({ title: 'one' }), attempts: 0, nextAttemptMs: noon });
      expect(first?.expiresMs).toBe(noon + 12 * hourMs);
      const key = { receiver: 'ops', id: first?.id ?? 0 };
      await writeAlertAttempt(store, key, { ...attempt, outcome: 'failed' });
      expect(await readPendingAlert(store.reader, 'ops')).toMatchObject({ attempts: 1, nextAttemptMs: noon + 5000 });
      await writeAlertAttempt(store, key, { ...attempt, outcome: 'delivered', status: 204, detail: null });
      expect(await readPendingAlert(store.reader, 'ops')).toMatchObject({ alert: { title: 'two' } });
      expect(await readPendingAlert(store.reader, 'phone')).toMatchObject({ alert: { title: 'one' } });
    }));

  it('are counted for each receiver with the last result', () =>
    withStore(engine, async (store) => {
      await enqueue(store, ['one', 'two', 'three']);
      for (const outcome of ['delivered', 'expired', 'failed'] as const) {
        const pending = await readPendingAlert(store.reader, 'ops');
        await writeAlertAttempt(store, { receiver: 'ops', id: pending?.id ?? 0 }, { ...attempt, outcome });
      }
      expect([...(await readReceiverStates(store.reader)).values()]).toEqual([
        {
          ...{ id: 'ops', lastOutcome: 'failed', lastStatus: 500, lastDetail: 'HTTP 500', lastAttemptMs: noon },
          ...{ lastSuccessMs: noon, failures: 2, delivered: 1, dropped: 1, pending: 1 },
        },
      ]);
    }));

  it('are at most 200 for one receiver: the oldest are dropped', () =>
    withStore(engine, async (store) => {
      await enqueue(
        store,
        Array.from({ length: 205 }, (_, index) => `alert ${index}`),
        ['ops', 'phone'],
      );
      const states = await readReceiverStates(store.reader);
      expect([...states.values()].map(({ id, pending }) => [id, pending])).toEqual([
        ['ops', 200],
        ['phone', 200],
      ]);
      expect((await readPendingAlert(store.reader, 'ops'))?.alert.title).toBe('alert 5');
    }));

  it('are deleted when their receiver is not declared any more', () =>
    withStore(engine, async (store) => {
      await enqueue(store, ['one'], ['ops', 'phone']);
      await dropUndeclared(store, ['phone']);
      expect(await readPendingAlert(store.reader, 'ops')).toBeNull();
      expect(await readPendingAlert(store.reader, 'phone')).not.toBeNull();
    }));
});

describe.each(engines)('stored problems on $name', (engine) => {
  it('persist until they end, and are kept for a year afterwards', () =>
    withStore(engine, async (store) => {
      const incident = { kind: 'silent', subject: 'world', sinceMs: noon - hourMs, detail: { a: 1 } } as const;
      const write = (changes: Parameters<typeof writeIncidents>[1], nowMs: number) =>
        writeIncidents(store, changes, { alerts: [], nowMs });
      const read = (endedAfterMs: number) => readIncidents(store.reader, { kind: 'silent', endedAfterMs });
      await write([{ kind: 'open', incident }], noon);
      const [open] = await read(noon);
      expect(open).toEqual({ id: open?.id, ...incident, endedMs: null });
      await write([{ kind: 'update', id: open?.id ?? 0, detail: { a: 2 } }], noon);
      await write([{ kind: 'close', id: open?.id ?? 0 }], noon + hourMs);
      expect(await read(noon)).toMatchObject([{ endedMs: noon + hourMs, detail: { a: 2 } }]);
      expect(await read(noon + hourMs)).toEqual([]);
      expect(await readIncidents(store.reader, { kind: 'failing', endedAfterMs: 0 })).toEqual([]);
      await write([], noon + 366 * dayMs);
      expect(await read(0)).toEqual([]);
    }));
});
