import type { Alert, AlertReceiver, Incident, IncidentKind } from '../../domain/alerts/alert.ts';
import { dayMs, hourMs } from '../../domain/durations.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson } from '../engine/tables.ts';
import { insertRows } from '../engine/write-rows.ts';

/** Ended problems are kept for a year: false alarms of silence are counted. */
const keepEndedMs = 365 * dayMs;
/** Age at which an alert that no attempt could deliver is dropped. */
const maxDeliveryAgeMs = 12 * hourMs;
/** Alerts that wait for one receiver. Beyond it the oldest are dropped. */
const maxPending = 200;

/** A change of the stored problems. */
export type IncidentChange =
  | { readonly kind: 'open'; readonly incident: Omit<Incident, 'id' | 'endedMs'> }
  | { readonly kind: 'update'; readonly id: number; readonly detail: unknown }
  | { readonly kind: 'close'; readonly id: number };

/** An alert and the receivers that get it. */
export interface AddressedAlert {
  readonly alert: Alert;
  readonly receivers: readonly Pick<AlertReceiver, 'id'>[];
}

/** The problems that persist, and those of a kind that ended after a time. */
export async function readIncidents(
  db: Db,
  { kind, endedAfterMs }: { readonly kind: IncidentKind; readonly endedAfterMs: number },
): Promise<Incident[]> {
  const rows = await db
    .selectFrom('alert_incident')
    .selectAll()
    .where('kind', '=', kind)
    .where((where) => where.or([where('ended_ms', 'is', null), where('ended_ms', '>', endedAfterMs)]))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    sinceMs: row.since_ms,
    endedMs: row.ended_ms,
    detail: fromJson<unknown>(row.detail),
  }));
}

/**
 * Stores changes of problems together with the alerts about them: an alert is neither lost nor repeated by a crash.
 */
export async function writeIncidents(
  store: Store,
  changes: readonly IncidentChange[],
  { alerts, nowMs }: { readonly alerts: readonly AddressedAlert[]; readonly nowMs: number },
): Promise<void> {
  await store.write(async (tx) => {
    for (const change of changes) await writeChange(tx, change, nowMs);
    await tx
      .deleteFrom('alert_incident')
      .where('ended_ms', '<', nowMs - keepEndedMs)
      .execute();
    await insertDeliveries(tx, alerts, nowMs);
  });
}

async function writeChange(tx: Db, change: IncidentChange, nowMs: number): Promise<void> {
  if (change.kind === 'open') {
    const { kind, subject, sinceMs, detail } = change.incident;
    const row = { kind, subject, since_ms: Math.round(sinceMs), ended_ms: null, detail: JSON.stringify(detail) };
    await insertRows(tx, 'alert_incident', [row]);
    return;
  }
  const values = change.kind === 'close' ? { ended_ms: nowMs } : { detail: JSON.stringify(change.detail) };
  await tx.updateTable('alert_incident').set(values).where('id', '=', change.id).execute();
}

async function insertDeliveries(tx: Db, alerts: readonly AddressedAlert[], nowMs: number): Promise<void> {
  const rows = alerts.flatMap(({ alert, receivers }) =>
    receivers.map(({ id }) => ({
      receiver: id,
      alert: JSON.stringify(alert),
      attempts: 0,
      next_attempt_ms: nowMs,
      expires_ms: nowMs + maxDeliveryAgeMs,
    })),
  );
  await insertRows(tx, 'alert_delivery', rows);
  for (const receiver of new Set(rows.map((row) => row.receiver))) {
    const oldest = await tx
      .selectFrom('alert_delivery')
      .select('id')
      .where('receiver', '=', receiver)
      .orderBy('id', 'desc')
      .limit(1)
      .offset(maxPending - 1)
      .executeTakeFirst();
    if (oldest === undefined) continue;
    await tx.deleteFrom('alert_delivery').where('receiver', '=', receiver).where('id', '<', oldest.id).execute();
  }
}
