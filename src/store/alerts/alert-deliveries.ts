import type { Alert, AlertOutcome, AlertReceiverState } from '../../domain/alerts/alert.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';

/** An alert that waits for delivery. */
export interface PendingAlert {
  readonly id: number;
  readonly alert: Alert;
  /** Failed attempts. */
  readonly attempts: number;
  readonly nextAttemptMs: number;
  readonly expiresMs: number;
}

/** The result of an attempt. */
export interface AlertAttempt {
  readonly outcome: AlertOutcome;
  readonly status: number | null;
  /** One line without control characters or secrets. */
  readonly detail: string | null;
  readonly atMs: number;
  /** When the next attempt is due, if the outcome is `failed`. */
  readonly nextAttemptMs: number;
}

// Runs each second for each receiver, so the query is compiled once.
const selectPending = compiledQuery<{ receiver: string; limit: number }, Row<'alert_delivery'>>(
  ['receiver', 'limit'],
  (db, { receiver, limit }) =>
    db.selectFrom('alert_delivery').selectAll().where('receiver', '=', receiver).orderBy('id').limit(limit),
);

/** The oldest alert that waits for a receiver; null: none. */
export async function readPendingAlert(db: Db, receiver: string): Promise<PendingAlert | null> {
  const [row] = await selectPending(db, { receiver, limit: 1 });
  if (row === undefined) return null;
  const { id, attempts } = row;
  const alert = fromJson<Alert>(row.alert);
  return { id, alert, attempts, nextAttemptMs: row.next_attempt_ms, expiresMs: row.expires_ms };
}

/** Stores the result of an attempt: the delivery ends unless it failed, and the receiver shows the result. */
export async function writeAlertAttempt(
  store: Store,
  { receiver, id }: { readonly receiver: string; readonly id: number },
  attempt: AlertAttempt,
): Promise<void> {
  await store.write(async (tx) => {
    if (attempt.outcome === 'failed') {
      await tx
        .updateTable('alert_delivery')
        .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_ms: Math.round(attempt.nextAttemptMs) }))
        .where('id', '=', id)
        .execute();
    } else await tx.deleteFrom('alert_delivery').where('id', '=', id).execute();
    await writeReceiver(tx, receiver, attempt);
  });
}

/** Shows the result of an attempt on its receiver only: for alerts that were not stored. */
export async function writeReceiverState(store: Store, receiver: string, attempt: AlertAttempt): Promise<void> {
  await store.write((tx) => writeReceiver(tx, receiver, attempt));
}

async function writeReceiver(tx: Db, id: string, { outcome, status, detail, atMs }: AlertAttempt): Promise<void> {
  const isDelivered = outcome === 'delivered';
  const last = { last_outcome: outcome, last_status: status, last_detail: detail, last_attempt_ms: atMs };
  const counted = { failures: 0, delivered: 0, dropped: 0 };
  await tx
    .insertInto('alert_receiver')
    .values({ id, ...counted })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  await tx
    .updateTable('alert_receiver')
    .set((row) => ({
      ...last,
      ...(isDelivered ? { last_success_ms: atMs, failures: 0 } : { failures: row('failures', '+', 1) }),
      delivered: row('delivered', '+', isDelivered ? 1 : 0),
      dropped: row('dropped', '+', outcome === 'expired' ? 1 : 0),
    }))
    .where('id', '=', id)
    .execute();
}

/** The delivery states of all receivers that were ever sent an alert or have one pending, by id. */
export async function readReceiverStates(db: Db): Promise<ReadonlyMap<string, AlertReceiverState>> {
  const counts = await db
    .selectFrom('alert_delivery')
    .select(['receiver', (select) => select.fn.countAll<number>().as('pending')])
    .groupBy('receiver')
    .execute();
  const pending = new Map(counts.map((row) => [row.receiver, Number(row.pending)]));
  const rows = await db.selectFrom('alert_receiver').selectAll().execute();
  const states = new Map([...pending.keys()].map((id) => [id, newState(id)]));
  for (const row of rows) {
    states.set(row.id, {
      id: row.id,
      lastOutcome: row.last_outcome,
      lastStatus: row.last_status,
      lastDetail: row.last_detail,
      lastAttemptMs: row.last_attempt_ms,
      lastSuccessMs: row.last_success_ms,
      failures: row.failures,
      delivered: row.delivered,
      dropped: row.dropped,
      pending: 0,
    });
  }
  return new Map([...states].map(([id, state]) => [id, { ...state, pending: pending.get(id) ?? 0 }]));
}

/** The state of a receiver to which nothing was sent yet. */
export function newState(id: string): AlertReceiverState {
  const last = { lastOutcome: null, lastStatus: null, lastDetail: null, lastAttemptMs: null, lastSuccessMs: null };
  return { id, ...last, failures: 0, delivered: 0, dropped: 0, pending: 0 };
}

/** Deletes the alerts that wait for receivers which are not declared any more. */
export async function dropUndeclared(store: Store, declared: readonly string[]): Promise<void> {
  const rows = await store.reader.selectFrom('alert_delivery').select('receiver').distinct().execute();
  const removed = rows.map(({ receiver }) => receiver).filter((id) => !declared.includes(id));
  if (removed.length === 0) return;
  await store.write((tx) => tx.deleteFrom('alert_delivery').where('receiver', 'in', removed).execute());
}
